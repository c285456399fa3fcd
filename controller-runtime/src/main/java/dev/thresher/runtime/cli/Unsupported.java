package dev.thresher.runtime.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Flags and environment variables of the program replaced that are not there yet. Whoever uses one
/// is told so at the start, instead of getting a program that silently does something else.
///
/// Each may have harmless values: those that ask for what is done anyway (`false` for a feature
/// that is not there). They are accepted and change nothing. Immutable.
public final class Unsupported {

  public static final Unsupported NONE = new Unsupported(List.of());

  private final List<Entry> entries;

  private enum Kind {
    FLAG,
    VARIABLE
  }

  private record Entry(Kind kind, String name, String instead, Set<String> harmless) {}

  private Unsupported(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /// @param name with its dashes: `--enable-leader-migration`
  /// @param instead what to do: a sentence without a capital and a full stop
  /// @param harmless values that are accepted
  public Unsupported flag(String name, String instead, String... harmless) {
    return with(new Entry(Kind.FLAG, name, instead, Set.of(harmless)));
  }

  /// @param name of an environment variable
  public Unsupported variable(String name, String instead, String... harmless) {
    return with(new Entry(Kind.VARIABLE, name, instead, Set.of(harmless)));
  }

  private Unsupported with(Entry entry) {
    var more = new ArrayList<>(entries);
    more.add(entry);
    return new Unsupported(more);
  }

  /// The arguments without those that are unsupported but harmless.
  ///
  /// @throws UsageException for the first use that is neither
  List<String> check(List<String> arguments, Map<String, String> environment) {
    for (Entry entry : entries) {
      String value = environment.getOrDefault(entry.name, "");
      if (entry.kind == Kind.VARIABLE && !value.isEmpty() && !entry.harmless.contains(value)) {
        throw refused("the environment variable " + entry.name + "=" + value, entry);
      }
    }
    var kept = new ArrayList<String>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--")) {
        kept.addAll(arguments.subList(i, arguments.size()));
        break;
      }
      Optional<Entry> match = flagOf(argument);
      if (match.isEmpty()) {
        kept.add(argument);
        continue;
      }
      Entry entry = match.get();
      boolean attached = argument.length() > entry.name.length();
      boolean hasNext = i + 1 < arguments.size();
      if (attached && entry.harmless.contains(argument.substring(entry.name.length() + 1))) {
        continue;
      }
      if (!attached && hasNext && entry.harmless.contains(arguments.get(i + 1))) {
        i++;
        continue;
      }
      throw refused("the flag " + argument, entry);
    }
    return kept;
  }

  /// Names for the help, in the order given.
  List<String> names() {
    return entries.stream().map(Entry::name).toList();
  }

  private Optional<Entry> flagOf(String argument) {
    return entries.stream()
        .filter(e -> e.kind == Kind.FLAG)
        .filter(e -> argument.equals(e.name) || argument.startsWith(e.name + "="))
        .findFirst();
  }

  private static UsageException refused(String what, Entry entry) {
    return new UsageException(what + " is not supported: " + entry.instead);
  }
}
