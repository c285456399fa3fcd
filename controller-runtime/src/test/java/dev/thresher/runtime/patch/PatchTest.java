package dev.thresher.runtime.patch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatchTest {

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1} | {\"a\":2} | {\"a\":2}",
        "{\"a\":1} | {\"a\":null} | {}",
        "{\"a\":{\"b\":1,\"c\":2}} | {\"a\":{\"b\":null}} | {\"a\":{\"c\":2}}",
        "{\"a\":[1,2]} | {\"a\":[3]} | {\"a\":[3]}",
        "{\"a\":1} | {\"a\":{\"b\":{\"c\":null,\"d\":1}}} | {\"a\":{\"b\":{\"d\":1}}}",
        "{} | {\"a\":null} | {}",
      })
  void mergesAsRfc7386Says(String target, String change, String result) {
    JsonObject whole = json(target);
    assertThat(new Patch.Merge(json(change), "").appliedTo(whole)).isEqualTo(json(result));
    assertThat(whole).as("the document itself").isEqualTo(json(target));
  }
}
