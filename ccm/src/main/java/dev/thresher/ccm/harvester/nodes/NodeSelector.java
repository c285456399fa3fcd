package dev.thresher.ccm.harvester.nodes;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A label selector as `kubectl -l` takes it: requirements that must all hold, separated by commas.
///
/// `key`, `!key`, `key=value`, `key==value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`. As in
/// Kubernetes, `!=` and `notin` hold where the label is absent. Source: Kubernetes documentation,
/// "Labels and Selectors".
public record NodeSelector(List<Requirement> requirements) {

  /// Selects every Node.
  public static final NodeSelector ALL = new NodeSelector(List.of());

  private static final String KEY =
      "(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?";
  private static final Pattern EXISTS = Pattern.compile("(!?)\\s*(" + KEY + ")");
  private static final Pattern EQUALS =
      Pattern.compile("(" + KEY + ")\\s*(=|==|!=)\\s*([-A-Za-z0-9_.]*)");
  private static final Pattern SET =
      Pattern.compile("(" + KEY + ")\\s+(in|notin)\\s*\\(([-A-Za-z0-9_.,\\s]*)\\)");

  /// One requirement.
  public sealed interface Requirement {

    boolean holds(Map<String, String> labels);

    record Present(String key) implements Requirement {
      @Override
      public boolean holds(Map<String, String> labels) {
        return labels.containsKey(key);
      }
    }

    record Absent(String key) implements Requirement {
      @Override
      public boolean holds(Map<String, String> labels) {
        return !labels.containsKey(key);
      }
    }

    record OneOf(String key, Set<String> values) implements Requirement {
      public OneOf {
        values = Set.copyOf(values);
      }

      @Override
      public boolean holds(Map<String, String> labels) {
        return labels.containsKey(key) && values.contains(labels.get(key));
      }
    }

    record NoneOf(String key, Set<String> values) implements Requirement {
      public NoneOf {
        values = Set.copyOf(values);
      }

      @Override
      public boolean holds(Map<String, String> labels) {
        return !labels.containsKey(key) || !values.contains(labels.get(key));
      }
    }
  }

  public NodeSelector {
    requirements = List.copyOf(requirements);
  }

  public boolean selects(Map<String, String> labels) {
    return requirements.stream().allMatch(requirement -> requirement.holds(labels));
  }

  /// Reads the value of a flag; empty selects everything.
  ///
  /// @throws IllegalArgumentException if it is no selector
  public static NodeSelector parse(String flag, String text) {
    List<Requirement> requirements = new ArrayList<>();
    for (String part : parts(text)) {
      requirements.add(requirement(flag, text, part));
    }
    return new NodeSelector(requirements);
  }

  private static Requirement requirement(String flag, String whole, String part) {
    Matcher exists = EXISTS.matcher(part);
    if (exists.matches()) {
      return exists.group(1).isEmpty()
          ? new Requirement.Present(exists.group(2))
          : new Requirement.Absent(exists.group(2));
    }
    Matcher equals = EQUALS.matcher(part);
    if (equals.matches()) {
      Set<String> value = Set.of(equals.group(3));
      return equals.group(2).equals("!=")
          ? new Requirement.NoneOf(equals.group(1), value)
          : new Requirement.OneOf(equals.group(1), value);
    }
    Matcher set = SET.matcher(part);
    if (set.matches()) {
      Set<String> values = new LinkedHashSet<>();
      for (String value : set.group(3).split(",", -1)) {
        values.add(value.strip());
      }
      return set.group(2).equals("in")
          ? new Requirement.OneOf(set.group(1), values)
          : new Requirement.NoneOf(set.group(1), values);
    }
    throw new IllegalArgumentException(
        flag
            + " is \""
            + whole
            + "\", of which \""
            + part
            + "\" is no requirement; want a label selector such as"
            + " \"pool in (a,b),!example.com/metal\"");
  }

  /// Splits at the commas that are not within parentheses.
  private static List<String> parts(String text) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? ',' : text.charAt(i);
      if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c == ',' && (depth == 0 || i == text.length())) {
        String part = text.substring(start, i).strip();
        if (!part.isEmpty()) {
          parts.add(part);
        }
        start = i + 1;
      }
    }
    return parts;
  }
}
