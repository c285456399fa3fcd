package dev.thresher.runtime.cli;

import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// The values that a program runs with, wherever they come from: for `/configz`. The values of
/// [Flag#secret()] flags are not in it.
public final class EffectiveFlags {

  private EffectiveFlags() {}

  /// `{"flags": {"leader-elect": "true", …}}`, by name.
  ///
  /// @param command after it was parsed; a program gets it with picocli's `@Spec`
  public static JsonObject json(CommandSpec command) {
    var flags = new JsonObject();
    command.options().stream()
        .filter(option -> !option.usageHelp() && !option.versionHelp())
        .sorted(Comparator.comparing(EffectiveFlags::name))
        .forEach(option -> flags.addProperty(name(option), value(option)));
    var all = new JsonObject();
    all.add("flags", flags);
    return all;
  }

  private static String name(OptionSpec option) {
    String name = option.longestName();
    return name.startsWith("--") ? name.substring(2) : name.substring(1);
  }

  private static String value(OptionSpec option) {
    Object value = option.getValue();
    boolean hidden = EnvironmentDefaults.isSecret(option) && !text(value).isEmpty();
    return hidden ? "(secret)" : text(value);
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case Duration duration -> GoDuration.format(duration);
      case Collection<?> many ->
          many.stream().map(EffectiveFlags::text).collect(Collectors.joining(","));
      default -> value.toString();
    };
  }
}
