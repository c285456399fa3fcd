package dev.thresher.runtime.delegation;

import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.hash.HashCode;
import com.google.common.hash.Hashing;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.runtime.serving.Visit;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Bearer tokens, which the API server knows (`authentication.k8s.io/v1` TokenReview). Answers are
/// kept under a hash of the token, never under the token.
final class TokenReviews {

  static final String PATH = "/apis/authentication.k8s.io/v1/tokenreviews";

  private static final int KEPT = 1024;

  private final Reviews reviews;
  private final Cache<HashCode, Identity> answers;

  TokenReviews(Reviews reviews, Duration keep, Ticker ticker) {
    this.reviews = reviews;
    this.answers =
        CacheBuilder.newBuilder().maximumSize(KEPT).expireAfterWrite(keep).ticker(ticker).build();
  }

  /// @throws KubeApiException if the API server does not answer or refuses the question
  Identity identify(Visit visit) {
    Optional<String> token = token(visit);
    if (token.isEmpty()) {
      return new Identity.Nothing();
    }
    HashCode key = Hashing.sha256().hashString(token.get(), StandardCharsets.UTF_8);
    Identity known = answers.getIfPresent(key);
    if (known != null) {
      return known;
    }
    Identity answer = ask(token.get());
    answers.put(key, answer);
    return answer;
  }

  private static Optional<String> token(Visit visit) {
    return visit
        .firstHeader("Authorization")
        .map(String::strip)
        .filter(value -> value.regionMatches(true, 0, "Bearer ", 0, 7))
        .map(value -> value.substring(7).strip())
        .filter(token -> !token.isEmpty());
  }

  private Identity ask(String token) {
    var spec = new JsonObject();
    spec.addProperty("token", token);
    JsonObject review = Reviews.document("authentication.k8s.io/v1", "TokenReview", spec);
    JsonObject status = reviews.status(review);
    boolean good = Reviews.text(status, "authenticated").equals("true");
    if (!good || !(status.get("user") instanceof JsonObject user)) {
      return new Identity.Refused("the API server does not accept the token");
    }
    return new Identity.Known(
        new User(
            Reviews.text(user, "username"),
            Reviews.text(user, "uid"),
            texts(user.get("groups")),
            extra(user)));
  }

  private static Map<String, List<String>> extra(JsonObject user) {
    Map<String, List<String>> extra = new LinkedHashMap<>();
    if (user.get("extra") instanceof JsonObject given) {
      given.entrySet().forEach(entry -> extra.put(entry.getKey(), texts(entry.getValue())));
    }
    return extra;
  }

  private static List<String> texts(@Nullable JsonElement list) {
    var texts = new ArrayList<String>();
    if (list instanceof JsonArray array) {
      array.forEach(item -> texts.add(item.getAsString()));
    }
    return texts;
  }
}
