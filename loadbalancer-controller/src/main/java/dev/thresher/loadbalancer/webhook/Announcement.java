package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.runtime.client.Pem;
import dev.thresher.runtime.patch.Patch;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What API servers are to know of the webhooks, and what of the present objects is wrong.
///
/// Paths, names and failure policies are Harvester's. What it does not have is the condition: a
/// write that changes neither spec nor labels nor annotations, such as each of the controller's to
/// the status, is not asked about.
final class Announcement {

  static final String VALIDATION_PATH = "/v1/webhook/validation";
  static final String MUTATION_PATH = "/v1/webhook/mutation";
  static final String CONVERSION_PATH = "/v1/webhook/conversion";

  private static final int SERVICE_PORT = 443;
  private static final int TIMEOUT_SECONDS = 10;

  private static final String CONDITION =
      "request.operation != 'UPDATE' || (!has(object.metadata.deletionTimestamp) && ("
          + "!has(object.spec) || !has(oldObject.spec) || object.spec != oldObject.spec || "
          + changed("annotations")
          + " || "
          + changed("labels")
          + "))";

  private final WebhookSettings settings;
  private final String caBundle;

  Announcement(WebhookSettings settings, List<X509Certificate> trusted) {
    this.settings = settings;
    this.caBundle =
        Base64.getEncoder().encodeToString(Pem.text(trusted).getBytes(StandardCharsets.US_ASCII));
  }

  private static String changed(String field) {
    String now = "object.metadata." + field;
    String before = "oldObject.metadata." + field;
    return "has(%s) != has(%s) || (has(%s) && %s != %s)".formatted(now, before, now, now, before);
  }

  // --- Configurations ---

  JsonObject validating() {
    var operations =
        Map.of(
            "loadbalancers", List.of("CREATE", "UPDATE"),
            "ippools", List.of("CREATE", "UPDATE", "DELETE"));
    return configuration(
        "ValidatingWebhookConfiguration",
        webhook("validator", VALIDATION_PATH, "Fail", operations));
  }

  JsonObject mutating() {
    var operations =
        Map.of(
            "loadbalancers", List.of("CREATE", "UPDATE"), "ippools", List.of("CREATE", "UPDATE"));
    JsonObject webhook = webhook("mutator", MUTATION_PATH, "Ignore", operations);
    webhook.addProperty("reinvocationPolicy", "Never");
    return configuration("MutatingWebhookConfiguration", webhook);
  }

  private static JsonObject configuration(String kind, JsonObject webhook) {
    var metadata = new JsonObject();
    metadata.addProperty("name", WebhookSettings.NAME);
    var webhooks = new JsonArray();
    webhooks.add(webhook);
    var configuration = new JsonObject();
    configuration.addProperty("apiVersion", "admissionregistration.k8s.io/v1");
    configuration.addProperty("kind", kind);
    configuration.add("metadata", metadata);
    configuration.add("webhooks", webhooks);
    return configuration;
  }

  private JsonObject webhook(
      String prefix, String path, String failurePolicy, Map<String, List<String>> operations) {
    var webhook = new JsonObject();
    webhook.addProperty("name", prefix + "." + settings.namespace() + "." + WebhookSettings.NAME);
    webhook.add("clientConfig", client(path));
    var rules = new JsonArray();
    rules.add(rule("loadbalancers", "Namespaced", operations));
    rules.add(rule("ippools", "Cluster", operations));
    webhook.add("rules", rules);
    webhook.addProperty("failurePolicy", failurePolicy);
    webhook.addProperty("matchPolicy", "Equivalent");
    webhook.addProperty("sideEffects", "None");
    webhook.addProperty("timeoutSeconds", TIMEOUT_SECONDS);
    webhook.add("admissionReviewVersions", Json.array(List.of("v1")));
    var condition = new JsonObject();
    condition.addProperty("name", "changes-what-is-looked-at");
    condition.addProperty("expression", CONDITION);
    var conditions = new JsonArray();
    conditions.add(condition);
    webhook.add("matchConditions", conditions);
    return webhook;
  }

  private static JsonObject rule(
      String resource, String scope, Map<String, List<String>> operations) {
    var rule = new JsonObject();
    rule.add("apiGroups", Json.array(List.of(LoadBalancerTypes.GROUP)));
    rule.add("apiVersions", Json.array(List.of(LoadBalancerTypes.VERSION)));
    rule.add("operations", Json.array(operations.getOrDefault(resource, List.of())));
    rule.add("resources", Json.array(List.of(resource)));
    rule.addProperty("scope", scope);
    return rule;
  }

  private JsonObject client(String path) {
    var client = new JsonObject();
    if (settings.url().isPresent()) {
      client.addProperty("url", settings.url().get().resolve(path).toString());
    } else {
      var service = new JsonObject();
      service.addProperty("namespace", settings.namespace());
      service.addProperty("name", WebhookSettings.NAME);
      service.addProperty("path", path);
      service.addProperty("port", SERVICE_PORT);
      client.add("service", service);
    }
    client.addProperty("caBundle", caBundle);
    return client;
  }

  /// What makes a present configuration the wanted one; empty if it is. Carries the version that
  /// was seen, so that an older idea of whom to trust never replaces a newer one.
  static Optional<Patch> repair(JsonObject present, JsonObject wanted) {
    JsonElement webhooks = wanted.get("webhooks");
    if (present.has("webhooks") && holds(present.get("webhooks"), webhooks)) {
      return Optional.empty();
    }
    var metadata = new JsonObject();
    metadata.add("resourceVersion", version(present));
    var document = new JsonObject();
    document.add("metadata", metadata);
    document.add("webhooks", webhooks);
    return Optional.of(new Patch.Merge(document, ""));
  }

  /// Whether all that is wanted is there; what the API server adds as defaults may be there too.
  /// Conditions that an old server does not know are not missed.
  private static boolean holds(JsonElement present, JsonElement wanted) {
    if (wanted instanceof JsonObject object) {
      return present instanceof JsonObject other
          && object.entrySet().stream()
              .allMatch(field ->
                  other.has(field.getKey())
                      ? holds(other.get(field.getKey()), field.getValue())
                      : field.getKey().equals("matchConditions"));
    }
    if (wanted instanceof JsonArray array) {
      if (!(present instanceof JsonArray other) || other.size() != array.size()) {
        return false;
      }
      for (int i = 0; i < array.size(); i++) {
        if (!holds(other.get(i), array.get(i))) {
          return false;
        }
      }
      return true;
    }
    return wanted.equals(present);
  }

  // --- The definition of LoadBalancer ---

  /// What makes API servers convert by us, and serve the older version, which without a conversion
  /// must not be served; empty if they do.
  Optional<Patch> conversion(JsonObject definition) {
    JsonObject spec = Json.object(definition, "spec");
    JsonObject wanted = conversion();
    var operations = new JsonArray();
    operations.add(operation("test", "/metadata/resourceVersion", version(definition)));
    if (!holds(Json.object(spec, "conversion"), wanted)) {
      operations.add(operation("add", "/spec/conversion", wanted));
    }
    JsonArray versions = Json.array(spec, "versions").orElseGet(JsonArray::new);
    for (int i = 0; i < versions.size(); i++) {
      JsonObject version = versions.get(i).getAsJsonObject();
      if (Json.text(version, "name").equals(Conversion.OLD)
          && !Json.text(version, "served").equals("true")) {
        operations.add(
            operation("replace", "/spec/versions/" + i + "/served", new JsonPrimitive(true)));
      }
    }
    return operations.size() == 1 ? Optional.empty() : Optional.of(new Patch.Json(operations, ""));
  }

  private JsonObject conversion() {
    var webhook = new JsonObject();
    webhook.add("clientConfig", client(CONVERSION_PATH));
    webhook.add("conversionReviewVersions", Json.array(List.of("v1")));
    var conversion = new JsonObject();
    conversion.addProperty("strategy", "Webhook");
    conversion.add("webhook", webhook);
    return conversion;
  }

  private static JsonObject operation(String op, String path, JsonElement value) {
    var operation = new JsonObject();
    operation.addProperty("op", op);
    operation.addProperty("path", path);
    operation.add("value", value);
    return operation;
  }

  private static JsonElement version(JsonObject object) {
    return new JsonPrimitive(Json.text(Json.object(object, "metadata"), "resourceVersion"));
  }
}
