package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import dev.thresher.api.json.LenientJson;
import dev.thresher.loadbalancer.rules.Violation;
import java.io.StringReader;
import java.time.DateTimeException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Documents that cannot be read as what they say they are. No schema has seen them: the API server
/// has refused what comes to it in the version that it stores.
final class Unreadable {

  /// How Gson ends its messages.
  private static final Pattern AT = Pattern.compile(" at path \\$\\.?(\\S*)");

  private static final Pattern STEP = Pattern.compile("([^.\\[\\]]+)|\\[([0-9]+)]");

  private static final int SHOWN = 60;

  private Unreadable() {}

  /// @return the first field that is not what it should be, empty if all can be read
  static Optional<Violation> in(JsonObject document, Class<?> type) {
    // As text, since only that reader knows where it stands whatever fails.
    var reader = new JsonReader(new StringReader(document.toString()));
    try {
      var _ = LenientJson.gson().<Object>fromJson(reader, type);
      return Optional.empty();
    } catch (JsonParseException | IllegalArgumentException | DateTimeException e) {
      Matcher at = AT.matcher(String.valueOf(e.getMessage()));
      String field =
          at.find() ? at.group(1) : reader.getPreviousPath().replaceFirst("^\\$\\.?", "");
      return Optional.of(
          new Violation(
              field.isEmpty() ? "the object" : field,
              value(document, field),
              "a value of the kind that the schema says",
              "correct it; kubectl explain says what kind"));
    }
  }

  private static String value(JsonObject document, String field) {
    JsonElement found = document;
    Matcher steps = STEP.matcher(field);
    while (found != null && steps.find()) {
      found = child(found, steps.group(1), steps.group(2));
    }
    if (found == null || field.isEmpty()) {
      return "";
    }
    String text = Json.text(found).orElseGet(found::toString);
    return text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text;
  }

  private static @Nullable JsonElement child(
      JsonElement parent, @Nullable String name, @Nullable String index) {
    return switch (parent) {
      case JsonObject object when name != null -> object.get(name);
      case JsonArray array when index != null && Integer.parseInt(index) < array.size() ->
          array.get(Integer.parseInt(index));
      default -> null;
    };
  }
}
