package dev.thresher.loadbalancer.webhook;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.rules.HealthCheckDefaults;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Turns a `LoadBalancer` of `v1alpha1` into one of `v1beta1` and back.
///
/// Fields that both have are kept. What `v1alpha1` cannot hold is kept in an annotation of the
/// converted object, so that a client that reads it, changes something and writes it back loses
/// nothing; and so is the list of back ends of `v1alpha1`, in place of which `v1beta1` has a
/// selector. Whatever an object holds, it is converted as far as it goes: a single one that cannot
/// be converted would make every list of load balancers fail. What is kept is the client's to
/// write: if it is no load balancer, it counts as lost.
final class Conversion {

  static final String OLD = "v1alpha1";
  static final String NEW = "v1beta1";

  /// On a `v1alpha1` object: spec and status of the `v1beta1` object it was made from.
  static final String NEWER_FIELDS = ThresherNames.PREFIX + "v1beta1-fields";

  /// On a `v1beta1` object: the list of back ends of the `v1alpha1` object it was made from.
  static final String OLDER_BACKENDS = ThresherNames.V1ALPHA1_BACKENDS;

  /// In [#NEWER_FIELDS]: the value of [#OLDER_BACKENDS].
  private static final String KEPT_BACKENDS = "backendServers";

  private static final List<String> THRESHOLDS =
      List.of("port", "successThreshold", "failureThreshold", "timeoutSeconds");

  private static final Map<String, Integer> DEFAULTS =
      Map.of(
          "port", 0,
          "successThreshold", HealthCheckDefaults.SUCCESS_THRESHOLD,
          "failureThreshold", HealthCheckDefaults.FAILURE_THRESHOLD,
          "timeoutSeconds", HealthCheckDefaults.TIMEOUT_SECONDS);

  private Conversion() {}

  /// What the host knows, for what `v1beta1` says in other words.
  interface Surroundings {

    /// Name of the machine of this namespace that has the address.
    Optional<String> machine(String namespace, String address);

    /// Name of the pool whose status gives the address to this load balancer.
    Optional<String> pool(String namespace, String name, String address);
  }

  /// @param object is not changed
  /// @param version `v1alpha1` or `v1beta1`, of which the object has the other or the same
  static JsonObject convert(JsonObject object, String version, Surroundings surroundings) {
    JsonObject copy = object.deepCopy();
    String apiVersion = Json.text(object, "apiVersion");
    String group = apiVersion.substring(0, apiVersion.indexOf('/') + 1);
    if (apiVersion.equals(group + version)) {
      return copy;
    }
    copy.addProperty("apiVersion", group + version);
    return version.equals(OLD) ? older(copy) : newer(copy, surroundings);
  }

  // --- To v1alpha1 ---

  private static JsonObject older(JsonObject object) {
    JsonObject spec = Json.object(object, "spec");
    JsonObject status = Json.object(object, "status");
    var kept = new JsonObject();
    kept.add("spec", spec);
    kept.add("status", status);
    Optional<JsonArray> backends = parse(annotation(object, OLDER_BACKENDS)).flatMap(Json::array);
    backends.ifPresent(servers -> kept.add(KEPT_BACKENDS, servers));
    object.add("spec", olderSpec(spec, status, backends));
    object.add("status", olderStatus(status));
    annotate(object, OLDER_BACKENDS, Optional.empty());
    annotate(object, NEWER_FIELDS, Optional.of(kept.toString()));
    return object;
  }

  private static JsonObject olderSpec(
      JsonObject spec, JsonObject status, Optional<JsonArray> backends) {
    var older = new JsonObject();
    copy(spec, older, "description");
    String ipam = Json.text(spec, "ipam");
    // Required there.
    older.addProperty("ipam", ipam.isEmpty() ? "pool" : ipam);
    Json.array(spec, "listeners")
        .ifPresent(listeners -> {
          var converted = new JsonArray();
          listeners.forEach(listener -> converted.add(olderListener(listener)));
          older.add("listeners", converted);
        });
    backends
        .or(() -> Json.array(status, "backendServers"))
        .ifPresent(servers -> older.add("backendServers", servers));
    if (spec.get("healthCheck") instanceof JsonObject check) {
      var converted = new JsonObject();
      THRESHOLDS.forEach(
          field -> converted.add(field, number(check, field, DEFAULTS.getOrDefault(field, 0))));
      converted.add(
          "PeriodSeconds", number(check, "periodSeconds", HealthCheckDefaults.PERIOD_SECONDS));
      older.add("healthCheck", converted);
    }
    return older;
  }

  private static JsonElement olderListener(JsonElement listener) {
    if (!(listener instanceof JsonObject from)) {
      return listener;
    }
    JsonObject to = from.deepCopy();
    if (Json.text(from, "name").isEmpty()) {
      // Required there.
      String protocol = Json.text(from, "protocol");
      to.addProperty(
          "name",
          (protocol.isEmpty() ? "tcp" : protocol.toLowerCase(Locale.ROOT))
              + "-"
              + Json.text(from, "port"));
    }
    return to;
  }

  private static JsonObject olderStatus(JsonObject status) {
    var older = new JsonObject();
    copy(status, older, "address");
    copy(status, older, "conditions");
    return older;
  }

  // --- To v1beta1 ---

  private static JsonObject newer(JsonObject object, Surroundings surroundings) {
    Optional<JsonObject> kept =
        parse(annotation(object, NEWER_FIELDS))
            .filter(JsonElement::isJsonObject)
            .map(JsonElement::getAsJsonObject)
            .filter(document -> Unreadable.in(document, LoadBalancer.class).isEmpty());
    annotate(object, NEWER_FIELDS, Optional.empty());
    if (kept.isPresent()) {
      return merged(object, kept.get(), surroundings);
    }
    JsonObject spec = Json.object(object, "spec");
    JsonObject status = Json.object(object, "status");
    object.add("spec", newerSpec(object, spec, surroundings));
    Json.array(spec, "backendServers")
        .ifPresent(servers -> annotate(object, OLDER_BACKENDS, Optional.of(servers.toString())));
    JsonObject newStatus = newerStatus(object, spec, status, surroundings);
    if (object.has("status") || !newStatus.isEmpty()) {
      object.add("status", newStatus);
    }
    return object;
  }

  /// The object as it was, with what the client changed: a field that is what the conversion to
  /// `v1alpha1` made of it was not changed.
  private static JsonObject merged(JsonObject object, JsonObject kept, Surroundings surroundings) {
    JsonObject spec = Json.object(object, "spec");
    JsonObject status = Json.object(object, "status");
    JsonObject keptSpec = Json.object(kept, "spec");
    JsonObject keptStatus = Json.object(kept, "status");
    Optional<JsonArray> backendsWere = Json.array(kept, KEPT_BACKENDS);
    JsonObject specWas = olderSpec(keptSpec, keptStatus, backendsWere);
    JsonObject statusWas = olderStatus(keptStatus);
    JsonObject specNow = newerSpec(object, spec, surroundings);
    JsonObject checkWas = Json.object(keptSpec, "healthCheck");
    for (String field : List.of("description", "ipam", "listeners", "healthCheck")) {
      take(field, spec, specWas, specNow, keptSpec);
    }
    if (keptSpec.get("healthCheck") instanceof JsonObject check) {
      // What is asked, and of whom: the older version has numbers only.
      checkWas.entrySet().stream()
          .filter(field -> !THRESHOLDS.contains(field.getKey()))
          .filter(field -> !field.getKey().equals("periodSeconds"))
          .forEach(field -> check.add(field.getKey(), field.getValue()));
    }
    boolean backendsChanged =
        spec.has("backendServers")
            && !spec.get("backendServers").equals(specWas.get("backendServers"));
    if (backendsChanged) {
      copy(specNow, keptSpec, "backendServerSelector");
    }
    annotate(
        object,
        OLDER_BACKENDS,
        (backendsChanged ? Json.array(spec, "backendServers") : backendsWere)
            .map(JsonArray::toString));
    for (String field : List.of("address", "conditions")) {
      take(field, status, statusWas, status, keptStatus);
    }
    object.add("spec", keptSpec);
    object.remove("status");
    if (!keptStatus.isEmpty()) {
      object.add("status", keptStatus);
    }
    return object;
  }

  private static void take(
      String field, JsonObject now, JsonObject was, JsonObject converted, JsonObject into) {
    JsonElement present = now.get(field);
    if (present == null ? was.has(field) : !present.equals(was.get(field))) {
      into.remove(field);
      copy(converted, into, field);
    }
  }

  private static JsonObject newerSpec(
      JsonObject object, JsonObject spec, Surroundings surroundings) {
    var newer = new JsonObject();
    copy(spec, newer, "description");
    copy(spec, newer, "ipam");
    copy(spec, newer, "listeners");
    Json.array(spec, "backendServers")
        .ifPresent(servers -> {
          newer.add("backendServerSelector", selector(object, servers, surroundings));
        });
    if (spec.get("healthCheck") instanceof JsonObject check) {
      var converted = new JsonObject();
      THRESHOLDS.forEach(field -> copy(check, converted, field));
      if (check.has("PeriodSeconds")) {
        converted.add("periodSeconds", check.get("PeriodSeconds"));
      }
      newer.add("healthCheck", converted);
    }
    poolOf(object, spec, surroundings).ifPresent(pool -> newer.addProperty("ipPool", pool));
    return newer;
  }

  /// The machines that have these addresses now, by name. One that has none of them selects nobody,
  /// where no selector at all would select everybody.
  private static JsonObject selector(
      JsonObject object, JsonArray servers, Surroundings surroundings) {
    String namespace = Json.text(Json.object(object, "metadata"), "namespace");
    var names = new ArrayList<String>();
    for (JsonElement server : servers) {
      Json.text(server)
          .flatMap(address -> surroundings.machine(namespace, address))
          .filter(name -> !names.contains(name))
          .ifPresent(names::add);
    }
    var selector = new JsonObject();
    selector.add(HarvesterNames.VM_NAME_LABEL, Json.array(names));
    return selector;
  }

  private static JsonObject newerStatus(
      JsonObject object, JsonObject spec, JsonObject status, Surroundings surroundings) {
    var newer = new JsonObject();
    copy(status, newer, "address");
    copy(status, newer, "conditions");
    Json.array(spec, "backendServers").ifPresent(all -> newer.add("backendServers", all));
    String address = Json.text(status, "address");
    if (!address.isEmpty()) {
      var allocated = new JsonObject();
      if (Json.text(spec, "ipam").equals("dhcp")) {
        allocated.addProperty("ip", HarvesterNames.DHCP_ADDRESS_V4);
      } else {
        poolOf(object, spec, surroundings).ifPresent(pool -> allocated.addProperty("ipPool", pool));
        allocated.addProperty("ip", address);
      }
      newer.add("allocatedAddress", allocated);
    }
    return newer;
  }

  private static Optional<String> poolOf(
      JsonObject object, JsonObject spec, Surroundings surroundings) {
    String address = Json.text(Json.object(object, "status"), "address");
    JsonObject metadata = Json.object(object, "metadata");
    return address.isEmpty() || Json.text(spec, "ipam").equals("dhcp")
        ? Optional.empty()
        : surroundings.pool(Json.text(metadata, "namespace"), Json.text(metadata, "name"), address);
  }

  private static JsonElement number(JsonObject from, String field, int otherwise) {
    return from.has(field) && !from.get(field).isJsonNull()
        ? from.get(field)
        : new com.google.gson.JsonPrimitive(otherwise);
  }

  private static void copy(JsonObject from, JsonObject to, String field) {
    if (from.has(field)) {
      to.add(field, from.get(field));
    }
  }

  private static String annotation(JsonObject object, String key) {
    return Json.text(Json.object(Json.object(object, "metadata"), "annotations"), key);
  }

  private static void annotate(JsonObject object, String key, Optional<String> value) {
    JsonObject metadata = Json.object(object, "metadata");
    JsonObject annotations = Json.object(metadata, "annotations");
    annotations.remove(key);
    value.ifPresent(text -> annotations.addProperty(key, text));
    metadata.remove("annotations");
    if (!annotations.isEmpty()) {
      metadata.add("annotations", annotations);
    }
    object.add("metadata", metadata);
  }

  private static Optional<JsonElement> parse(String text) {
    try {
      return text.isEmpty() ? Optional.empty() : Optional.of(JsonParser.parseString(text));
    } catch (JsonParseException _) {
      // Somebody wrote into an annotation of ours: then there is nothing to restore.
      return Optional.empty();
    }
  }
}
