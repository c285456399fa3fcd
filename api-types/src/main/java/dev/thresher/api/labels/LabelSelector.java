package dev.thresher.api.labels;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A label selector in the text form that `kubectl -l` takes.
///
/// Requirements are separated by commas and all must hold: `key=value` (also `==`), `key!=value`,
/// `key in (a,b)`, `key notin (a,b)`, `key`, `!key`. As in Kubernetes, `!=` and `notin` hold for
/// objects without the label.
///
/// @param requirements none for every object
public record LabelSelector(List<Requirement> requirements) {

  /// Selects every object.
  public static final LabelSelector ALL = new LabelSelector(List.of());

  private static final String KEY =
      "((?:[a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-\\w.]*\\w)?)";
  private static final String VALUE = "((?:[A-Za-z0-9](?:[-\\w.]*[A-Za-z0-9])?)?)";
  private static final Pattern EQUAL = Pattern.compile(KEY + "\\s*(==|=|!=)\\s*" + VALUE);
  private static final Pattern ONE_OF = Pattern.compile(KEY + "\\s+(in|notin)\\s*\\(([^()]*)\\)");
  private static final Pattern EXISTS = Pattern.compile("(!?)\\s*" + KEY);
  private static final Pattern IS_VALUE = Pattern.compile(VALUE);

  public LabelSelector {
    requirements = List.copyOf(requirements);
  }

  /// One of the requirements.
  ///
  /// @param values what the label may be; empty for anything
  /// @param holds whether the label must be so, or must not
  public record Requirement(String key, Set<String> values, boolean holds) {
    public Requirement {
      values = Set.copyOf(values);
    }

    boolean matches(Map<String, String> labels) {
      Optional<String> value = Optional.ofNullable(labels.get(key));
      return value.filter(v -> values.isEmpty() || values.contains(v)).isPresent() == holds;
    }
  }

  /// Empty if the text is no selector.
  public static Optional<LabelSelector> tryParse(String text) {
    var requirements = new ArrayList<Requirement>();
    // Commas between parentheses belong to a list of values.
    for (String part : text.split(",(?![^()]*\\))", -1)) {
      Optional<Requirement> requirement = requirement(part.strip());
      if (requirement.isEmpty()) {
        return Optional.empty();
      }
      requirements.add(requirement.get());
    }
    return Optional.of(new LabelSelector(requirements));
  }

  private static Optional<Requirement> requirement(String text) {
    Matcher equal = EQUAL.matcher(text);
    if (equal.matches()) {
      return Optional.of(
          new Requirement(equal.group(1), Set.of(equal.group(5)), !equal.group(4).equals("!=")));
    }
    Matcher oneOf = ONE_OF.matcher(text);
    if (oneOf.matches()) {
      List<String> values =
          List.of(oneOf.group(5).split(",", -1)).stream().map(String::strip).toList();
      return values.stream().allMatch(value -> IS_VALUE.matcher(value).matches())
          ? Optional.of(
              new Requirement(oneOf.group(1), Set.copyOf(values), oneOf.group(4).equals("in")))
          : Optional.empty();
    }
    Matcher exists = EXISTS.matcher(text);
    return exists.matches()
        ? Optional.of(new Requirement(exists.group(2), Set.of(), exists.group(1).isEmpty()))
        : Optional.empty();
  }

  /// Whether an object with these labels is meant.
  public boolean matches(Map<String, String> labels) {
    return requirements.stream().allMatch(requirement -> requirement.matches(labels));
  }
}
