package dev.thresher.api.json;

import com.google.gson.JsonSyntaxException;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Whole numbers. One that is too large or too small for an `int` reads as the largest or the
/// smallest one, which whoever looks for a range refuses: Gson would read what is left of it when
/// its upper bits are cut off.
final class IntegerAdapter extends TypeAdapter<Integer> {

  private static final Pattern SHORT = Pattern.compile("[+-]?[0-9]{1,9}");

  private static final BigDecimal LEAST = BigDecimal.valueOf(Integer.MIN_VALUE);
  private static final BigDecimal MOST = BigDecimal.valueOf(Integer.MAX_VALUE);

  /// Longer is no number that anybody means, and reading it would take long.
  private static final int LONGEST = 400;

  @Override
  public @Nullable Integer read(JsonReader in) throws IOException {
    if (in.peek() == JsonToken.NULL) {
      in.nextNull();
      return null;
    }
    String text = in.nextString();
    if (SHORT.matcher(text).matches()) {
      return Integer.valueOf(text);
    }
    try {
      if (text.length() <= LONGEST) {
        BigDecimal number = new BigDecimal(text).min(MOST).max(LEAST);
        return number.intValueExact();
      }
    } catch (ArithmeticException | NumberFormatException e) {
      throw notWhole(in, text, e);
    }
    throw notWhole(in, text.substring(0, LONGEST), null);
  }

  private static JsonSyntaxException notWhole(
      JsonReader in, String text, @Nullable RuntimeException cause) {
    return new JsonSyntaxException(
        "Expected a whole number but was \"" + text + "\" at path " + in.getPreviousPath(), cause);
  }

  @Override
  public void write(JsonWriter out, @Nullable Integer value) throws IOException {
    out.value(value);
  }
}
