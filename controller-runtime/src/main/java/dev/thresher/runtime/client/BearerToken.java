package dev.thresher.runtime.client;

import com.google.common.base.Splitter;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// What a bearer token says of itself if it is a JSON web token (RFC 7519), as those of service
/// accounts are. Nobody checks its signature here: it is a hint, not a proof.
final class BearerToken {

  private BearerToken() {}

  /// The claim `exp`; empty for a token without an end, or of another kind.
  static Optional<Instant> expiry(String token) {
    List<String> parts = Splitter.on('.').splitToList(token);
    if (parts.size() != 3) {
      return Optional.empty();
    }
    try {
      String claims =
          new String(Base64.getUrlDecoder().decode(parts.get(1)), StandardCharsets.UTF_8);
      return JsonParser.parseString(claims) instanceof JsonObject object && object.has("exp")
          ? Optional.of(Instant.ofEpochSecond(object.get("exp").getAsLong()))
          : Optional.empty();
    } catch (IllegalArgumentException
        | IllegalStateException
        | UnsupportedOperationException
        | DateTimeException
        | JsonParseException _) {
      return Optional.empty();
    }
  }
}
