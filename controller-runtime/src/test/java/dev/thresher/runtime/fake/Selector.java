package dev.thresher.runtime.fake;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Label and field selectors.
final class Selector {

  private static final Pattern SET =
      Pattern.compile("\\s*(\\S+)\\s+(in|notin)\\s+\\(([^)]*)\\)\\s*");

  private Selector() {}

  static Predicate<JsonObject> labels(String selector) {
    return all(selector, Selector::label);
  }

  static Predicate<JsonObject> fields(String selector) {
    return all(selector, Selector::field);
  }

  private interface Term {
    Predicate<JsonObject> of(String term);
  }

  private static Predicate<JsonObject> all(String selector, Term parse) {
    Predicate<JsonObject> result = object -> true;
    for (String term : terms(selector)) {
      result = result.and(parse.of(term));
    }
    return result;
  }

  private static List<String> terms(String selector) {
    List<String> terms = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i <= selector.length(); i++) {
      char c = i == selector.length() ? ',' : selector.charAt(i);
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && depth == 0) {
        if (!selector.substring(start, i).isBlank()) {
          terms.add(selector.substring(start, i).strip());
        }
        start = i + 1;
      }
    }
    return terms;
  }

  private static Predicate<JsonObject> label(String term) {
    Matcher set = SET.matcher(term);
    if (set.matches()) {
      List<String> values = Arrays.stream(set.group(3).split(",")).map(String::strip).toList();
      boolean in = set.group(2).equals("in");
      return object ->
          (hasLabel(object, set.group(1))
                  && values.contains(Json.text(object, "metadata", "labels", set.group(1))))
              == in;
    }
    String[] unequal = term.split("!=", 2);
    if (unequal.length == 2) {
      return object ->
          !(hasLabel(object, unequal[0].strip())
              && Json.text(object, "metadata", "labels", unequal[0].strip())
                  .equals(unequal[1].strip()));
    }
    String[] equal = term.split("==?", 2);
    if (equal.length == 2) {
      return object ->
          hasLabel(object, equal[0].strip())
              && Json.text(object, "metadata", "labels", equal[0].strip()).equals(equal[1].strip());
    }
    return term.startsWith("!")
        ? object -> !hasLabel(object, term.substring(1).strip())
        : object -> hasLabel(object, term);
  }

  private static boolean hasLabel(JsonObject object, String label) {
    return object.get("metadata") instanceof JsonObject metadata
        && metadata.get("labels") instanceof JsonObject labels
        && labels.has(label);
  }

  private static Predicate<JsonObject> field(String term) {
    String[] unequal = term.split("!=", 2);
    if (unequal.length == 2) {
      return object -> !Json.text(object, unequal[0].split("\\.")).equals(unequal[1]);
    }
    String[] equal = term.split("==?", 2);
    return object -> Json.text(object, equal[0].split("\\.")).equals(equal[1]);
  }
}
