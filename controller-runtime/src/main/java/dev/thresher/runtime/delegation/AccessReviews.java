package dev.thresher.runtime.delegation;

import com.google.common.base.Ticker;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.List;

/// Whether a user may ask for a path, by the API server's word (`authorization.k8s.io/v1`
/// SubjectAccessReview on a non-resource URL).
final class AccessReviews {

  static final String PATH = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

  private static final int KEPT = 1024;

  private record Question(User user, String verb, String path) {}

  private final Reviews reviews;
  private final Cache<Question, Boolean> allowed;
  private final Cache<Question, Boolean> denied;

  AccessReviews(Reviews reviews, ReviewSettings settings, Ticker ticker) {
    this.reviews = reviews;
    this.allowed = cache(settings.authorized(), ticker);
    this.denied = cache(settings.unauthorized(), ticker);
  }

  private static Cache<Question, Boolean> cache(Duration keep, Ticker ticker) {
    return CacheBuilder.newBuilder()
        .maximumSize(KEPT)
        .expireAfterWrite(keep)
        .ticker(ticker)
        .build();
  }

  /// @param verb the method in lower case
  /// @throws KubeApiException if the API server does not answer or refuses the question
  boolean allows(User user, String verb, String path) {
    if (user.isMaster()) {
      return true;
    }
    var question = new Question(user, verb, path);
    if (allowed.getIfPresent(question) != null) {
      return true;
    }
    if (denied.getIfPresent(question) != null) {
      return false;
    }
    boolean answer = ask(question);
    (answer ? allowed : denied).put(question, answer);
    return answer;
  }

  private boolean ask(Question question) {
    var attributes = new JsonObject();
    attributes.addProperty("path", question.path());
    attributes.addProperty("verb", question.verb());
    var spec = new JsonObject();
    spec.add("nonResourceAttributes", attributes);
    User user = question.user();
    spec.addProperty("user", user.name());
    if (!user.uid().isEmpty()) {
      spec.addProperty("uid", user.uid());
    }
    spec.add("groups", array(user.groups()));
    var extra = new JsonObject();
    user.extra().forEach((key, values) -> extra.add(key, array(values)));
    spec.add("extra", extra);
    JsonObject review = Reviews.document("authorization.k8s.io/v1", "SubjectAccessReview", spec);
    JsonElement answer = reviews.status(review).get("allowed");
    return answer != null && answer.getAsBoolean();
  }

  private static JsonArray array(List<String> texts) {
    var array = new JsonArray();
    texts.forEach(array::add);
    return array;
  }
}
