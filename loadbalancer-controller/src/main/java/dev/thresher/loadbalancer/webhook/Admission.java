package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.loadbalancer.rules.GroupRules;
import dev.thresher.loadbalancer.rules.HealthCheckDefaults;
import dev.thresher.loadbalancer.rules.LoadBalancerRules;
import dev.thresher.loadbalancer.rules.Operation;
import dev.thresher.loadbalancer.rules.PoolLabels;
import dev.thresher.loadbalancer.rules.PoolRules;
import dev.thresher.loadbalancer.rules.Verdict;
import dev.thresher.loadbalancer.rules.Violation;
import dev.thresher.runtime.patch.JsonOperations;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers admission: what the rules refuse, and what they fill in.
///
/// What is to be stored and cannot be read as what it says it is is refused: the API server looks
/// at the schema of the version that it is asked in, not at what the conversion makes of it. An
/// object that got in so may be changed and deleted. What these webhooks are not for passes.
final class Admission {

  private static final Logger log = LoggerFactory.getLogger(Admission.class);

  private final HostView host;
  private final boolean enforcePoolScopes;

  Admission(HostView host, boolean enforcePoolScopes) {
    this.host = host;
    this.enforcePoolScopes = enforcePoolScopes;
  }

  Verdict validate(Review review) {
    Verdict verdict =
        switch (review.resource()) {
          case "loadbalancers" ->
              verdict(
                  review,
                  LoadBalancer.class,
                  operation ->
                      LoadBalancerRules.check(operation, host.ofLoadBalancers(enforcePoolScopes))
                          .and(GroupRules.check(operation, host::loadBalancers)));
          case "ippools" ->
              verdict(
                  review,
                  IPPool.class,
                  operation -> PoolRules.check(operation, host.ofPool(stored(operation))));
          default -> Verdict.PASS;
        };
    if (!verdict.allowed()) {
      log.atInfo()
          .addKeyValue("resource", review.resource())
          .addKeyValue("namespace", review.namespace())
          .addKeyValue("name", review.name())
          .addKeyValue("operation", review.operation())
          .addKeyValue("message", verdict.message())
          .log("refused");
    }
    return verdict;
  }

  private <T> Verdict verdict(Review review, Class<T> type, Function<Operation<T>, Verdict> rules) {
    return misread(review, type)
        .map(Verdict::refuse)
        .or(() -> operation(review, type).map(rules))
        .orElse(Verdict.PASS);
  }

  private Optional<Violation> misread(Review review, Class<?> type) {
    boolean writing = review.operation().equals("CREATE") || review.operation().equals("UPDATE");
    boolean wasSo =
        review.operation().equals("UPDATE")
            && Unreadable.in(newest(review.oldObject()), type).isPresent();
    return writing && !wasSo ? Unreadable.in(newest(review.object()), type) : Optional.empty();
  }

  /// @return operations of a JSON patch, none if nothing is missing
  JsonArray mutate(Review review) {
    boolean writing = review.operation().equals("CREATE") || review.operation().equals("UPDATE");
    boolean leaving = Json.object(review.object(), "metadata").has("deletionTimestamp");
    if (!writing || leaving) {
      return new JsonArray();
    }
    return switch (review.resource()) {
      case "loadbalancers" ->
          review
              .model(review.object(), LoadBalancer.class)
              .map(object -> defaults(review, object))
              .orElseGet(JsonArray::new);
      case "ippools" ->
          review
              .model(review.object(), IPPool.class)
              .map(object ->
                  texts(
                      review.object(),
                      "labels",
                      PoolLabels.of(object, host.vlan(PoolRules.networkOf(object)))))
              .orElseGet(JsonArray::new);
      default -> new JsonArray();
    };
  }

  private JsonArray defaults(Review review, LoadBalancer object) {
    JsonArray operations = texts(review.object(), "annotations", host.needs().annotations(object));
    if (object.getSpec() != null) {
      HealthCheckDefaults.missing(object.getSpec().getHealthCheck())
          .forEach((field, number) ->
              operations.add(add("/spec/healthCheck/" + field, new JsonPrimitive(number))));
    }
    return operations;
  }

  /// Sets labels or annotations that are missing or other.
  private static JsonArray texts(JsonObject object, String field, Map<String, String> wanted) {
    JsonObject metadata = Json.object(object, "metadata");
    JsonObject present = Json.object(metadata, field);
    var operations = new JsonArray();
    wanted.forEach((key, value) -> {
      if (!present.has(key) || !Json.text(present, key).equals(value)) {
        operations.add(
            add("/metadata/" + field + "/" + JsonOperations.escape(key), new JsonPrimitive(value)));
      }
    });
    if (operations.isEmpty() || metadata.get(field) instanceof JsonObject) {
      return operations;
    }
    var withMap = new JsonArray();
    withMap.add(add("/metadata/" + field, new JsonObject()));
    withMap.addAll(operations);
    return withMap;
  }

  private static JsonObject add(String path, JsonElement value) {
    var operation = new JsonObject();
    operation.addProperty("op", "add");
    operation.addProperty("path", path);
    operation.add("value", value);
    return operation;
  }

  private <T> Optional<Operation<T>> operation(Review review, Class<T> type) {
    return switch (review.operation()) {
      case "CREATE" -> read(review, review.object(), type).map(Operation.Create<T>::new);
      case "UPDATE" ->
          read(review, review.oldObject(), type)
              .flatMap(before ->
                  read(review, review.object(), type)
                      .map(after -> new Operation.Update<>(before, after)));
      case "DELETE" -> read(review, review.oldObject(), type).map(Operation.Delete<T>::new);
      default -> Optional.empty();
    };
  }

  private <T> Optional<T> read(Review review, JsonObject object, Class<T> type) {
    return review.model(newest(object), type);
  }

  private JsonObject newest(JsonObject object) {
    boolean older =
        Json.text(object, "apiVersion").equals(LoadBalancerTypes.GROUP + "/" + Conversion.OLD);
    return older ? Conversion.convert(object, Conversion.NEW, host) : object;
  }

  /// What is allocated is what the API server has, not what somebody writes.
  private static IPPool stored(Operation<IPPool> operation) {
    return switch (operation) {
      case Operation.Create<IPPool>(IPPool object) -> object;
      case Operation.Update<IPPool>(IPPool before, IPPool _) -> before;
      case Operation.Delete<IPPool>(IPPool object) -> object;
    };
  }
}
