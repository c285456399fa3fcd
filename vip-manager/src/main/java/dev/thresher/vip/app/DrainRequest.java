package dev.thresher.vip.app;

import com.google.gson.JsonObject;
import dev.thresher.vip.services.Drain;
import java.util.function.Consumer;

/// What becomes of `vip-manager drain` in the process that is asked, and how it says so in its
/// answer. Pure but for what it calls.
final class DrainRequest {

  private static final String REFUSED = "refused";

  private DrainRequest() {}

  /// @param begin whether to begin or to end a drain
  /// @param drain hears the same, unless this is refused
  /// @return why it is refused, for people; empty if it is not
  static String of(boolean begin, Profile profile, Consumer<Boolean> drain) {
    if (begin && profile == Profile.COMPATIBLE) {
      return Drain.NO_OTHERS;
    }
    drain.accept(begin);
    return "";
  }

  /// Writes what [#of] returned into an answer.
  static void say(String refused, JsonObject answer) {
    if (!refused.isEmpty()) {
      answer.addProperty(REFUSED, refused);
    }
  }

  /// Reads what [#say] wrote; empty if it was not refused.
  static String read(JsonObject answer) {
    return answer.has(REFUSED) ? answer.get(REFUSED).getAsString() : "";
  }
}
