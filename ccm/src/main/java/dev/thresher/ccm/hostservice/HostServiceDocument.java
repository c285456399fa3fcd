package dev.thresher.ccm.hostservice;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The host Service of a guest Service: what it must say, and what of an existing one is wrong.
///
/// Only what is named here is ours. Fields of others stay as they are, among them the node ports,
/// the health-check node port and the address that somebody on the host chose.
///
/// @param request what the guest Service asks for
/// @param settings what is the same for all
record HostServiceDocument(HostServiceRequest request, HostServiceSettings settings) {

  String name() {
    return KubeVirtCloudNames.hostService(request.uid());
  }

  /// Who says which machines are behind it.
  BackEndSource backEnds() {
    return settings.backEnds().of(request.local());
  }

  /// The document to create.
  JsonObject create() {
    JsonObject metadata = new JsonObject();
    metadata.addProperty("namespace", settings.namespace());
    metadata.addProperty("name", name());
    metadata.add("labels", object(labels()));
    metadata.add("annotations", changes(annotations(Map.of())));
    JsonObject spec = new JsonObject();
    spec.addProperty("type", "LoadBalancer");
    spec.add("ports", HostServicePorts.document(request.ports(), List.of()));
    if (backEnds() == BackEndSource.SELECTOR) {
      spec.add("selector", object(settings.selector()));
    }
    if (request.affinitySeconds() > 0) {
      putAffinity(spec);
    }
    spec.addProperty("externalTrafficPolicy", trafficPolicy());
    if (!request.sourceRanges().isEmpty()) {
      spec.add("loadBalancerSourceRanges", array(request.sourceRanges()));
    }
    if (!request.wantedAddress().isEmpty()) {
      spec.addProperty("loadBalancerIP", request.wantedAddress());
    }
    spec.addProperty("ipFamilyPolicy", familyPolicy());
    spec.add("ipFamilies", array(familiesFrom(request.families().getFirst())));
    JsonObject document = new JsonObject();
    document.addProperty("apiVersion", "v1");
    document.addProperty("kind", "Service");
    document.add("metadata", metadata);
    document.add("spec", spec);
    return document;
  }

  /// What makes an existing Service right again; empty if it is.
  Optional<Patch> repair(V1Service seen) {
    JsonObject metadata = new JsonObject();
    Map<String, String> seenLabels = map(seen.getMetadata().getLabels());
    JsonObject wrongLabels = new JsonObject();
    labels()
        .forEach((key, value) -> {
          if (!value.equals(seenLabels.get(key))) {
            wrongLabels.addProperty(key, value);
          }
        });
    addIfAny(metadata, "labels", wrongLabels);
    addIfAny(
        metadata, "annotations", changes(annotations(map(seen.getMetadata().getAnnotations()))));
    JsonObject document = new JsonObject();
    addIfAny(
        document,
        "spec",
        repair(Objects.requireNonNullElseGet(seen.getSpec(), V1ServiceSpec::new)));
    if (document.isEmpty() && metadata.isEmpty()) {
      return Optional.empty();
    }
    // Computed from what was read: a change meanwhile is a conflict and not a loss.
    metadata.addProperty("resourceVersion", seen.getMetadata().getResourceVersion());
    document.add("metadata", metadata);
    return Optional.of(new Patch.Merge(document, ""));
  }

  private JsonObject repair(V1ServiceSpec seen) {
    JsonObject spec = new JsonObject();
    if (!"LoadBalancer".equals(seen.getType())) {
      spec.addProperty("type", "LoadBalancer");
    }
    if (!HostServicePorts.same(request.ports(), list(seen.getPorts()))) {
      spec.add("ports", HostServicePorts.document(request.ports(), list(seen.getPorts())));
    }
    repairSelector(spec, map(seen.getSelector()));
    if (request.affinitySeconds() != affinitySeconds(seen)) {
      putAffinity(spec);
    }
    if (!trafficPolicy().equals(seen.getExternalTrafficPolicy())) {
      spec.addProperty("externalTrafficPolicy", trafficPolicy());
    }
    if (!request.sourceRanges().equals(list(seen.getLoadBalancerSourceRanges()))) {
      spec.add("loadBalancerSourceRanges", array(request.sourceRanges()));
    }
    // Programs on the host write their choice into the same field: none wanted is no reason to
    // take it away.
    if (!request.wantedAddress().isEmpty()
        && !request.wantedAddress().equals(seen.getLoadBalancerIP())) {
      spec.addProperty("loadBalancerIP", request.wantedAddress());
    }
    repairFamilies(spec, seen);
    return spec;
  }

  /// Whether the first family of an existing Service is another one: that cannot be changed.
  boolean isOfOtherFamily(V1Service seen) {
    return firstFamily(Objects.requireNonNullElseGet(seen.getSpec(), V1ServiceSpec::new))
        != request.families().getFirst();
  }

  private void repairSelector(JsonObject spec, Map<String, String> seen) {
    Map<String, String> wanted =
        backEnds() == BackEndSource.SELECTOR ? settings.selector() : Map.of();
    if (wanted.equals(seen)) {
      return;
    }
    if (wanted.isEmpty()) {
      spec.add("selector", JsonNull.INSTANCE);
      return;
    }
    JsonObject selector = object(wanted);
    seen.keySet().stream()
        .filter(key -> !wanted.containsKey(key))
        .forEach(key -> selector.add(key, JsonNull.INSTANCE));
    spec.add("selector", selector);
  }

  private void repairFamilies(JsonObject spec, V1ServiceSpec seen) {
    IpFamily first = firstFamily(seen);
    List<String> wanted = familiesFrom(first);
    boolean prefers = "PreferDualStack".equals(familyPolicy());
    boolean samePolicy = familyPolicy().equals(seen.getIpFamilyPolicy());
    if (samePolicy && (prefers || wanted.equals(list(seen.getIpFamilies())))) {
      return;
    }
    spec.addProperty("ipFamilyPolicy", familyPolicy());
    if (!prefers) {
      spec.add("ipFamilies", array(wanted));
    }
    if (request.families().size() == 1 && list(seen.getClusterIPs()).size() > 1) {
      // The API server refuses to drop a family while its cluster address is still named.
      spec.add("clusterIPs", array(list(seen.getClusterIPs()).subList(0, 1)));
    }
  }

  /// With a family that the host may not have, only the first one is named: the API server adds the
  /// other if it can.
  private List<String> familiesFrom(IpFamily first) {
    return "RequireDualStack".equals(familyPolicy())
        ? List.of(first.text(), first.other().text())
        : List.of(first.text());
  }

  /// A guest that prefers two families and has one is a guest with one.
  private String familyPolicy() {
    return request.families().size() == 1 ? "SingleStack" : request.familyPolicy();
  }

  private IpFamily firstFamily(V1ServiceSpec seen) {
    List<String> families = list(seen.getIpFamilies());
    return families.isEmpty() ? request.families().getFirst() : IpFamily.parse(families.getFirst());
  }

  private String trafficPolicy() {
    return request.local() ? "Local" : "Cluster";
  }

  private void putAffinity(JsonObject spec) {
    if (request.affinitySeconds() == 0) {
      spec.addProperty("sessionAffinity", "None");
      spec.add("sessionAffinityConfig", JsonNull.INSTANCE);
      return;
    }
    spec.addProperty("sessionAffinity", "ClientIP");
    JsonObject clientIp = new JsonObject();
    clientIp.addProperty("timeoutSeconds", request.affinitySeconds());
    JsonObject config = new JsonObject();
    config.add("clientIP", clientIp);
    spec.add("sessionAffinityConfig", config);
  }

  private static int affinitySeconds(V1ServiceSpec seen) {
    if (!"ClientIP".equals(seen.getSessionAffinity())) {
      return 0;
    }
    var config = seen.getSessionAffinityConfig();
    var clientIp = config == null ? null : config.getClientIP();
    Integer seconds = clientIp == null ? null : clientIp.getTimeoutSeconds();
    return seconds == null ? -1 : seconds;
  }

  private Map<String, String> labels() {
    Map<String, String> labels = new LinkedHashMap<>(settings.labels());
    labels.put(KubeVirtCloudNames.TENANT_SERVICE_NAME, request.name());
    labels.put(KubeVirtCloudNames.TENANT_SERVICE_NAMESPACE, request.namespace());
    labels.put(KubeVirtCloudNames.CLUSTER_NAME, KubeVirtCloudNames.labelValue(request.cluster()));
    return labels;
  }

  private Map<String, Optional<String>> annotations(Map<String, String> seen) {
    Map<String, Optional<String>> changes =
        new LinkedHashMap<>(PassedAnnotations.changes(request.annotations(), seen));
    Map<String, String> own = new LinkedHashMap<>();
    own.put(ThresherNames.SERVICE_UID, request.uid());
    if (!KubeVirtCloudNames.labelValue(request.cluster()).equals(request.cluster())) {
      own.put(ThresherNames.CLUSTER_NAME, request.cluster());
    }
    own.forEach((key, value) -> {
      if (!value.equals(seen.get(key))) {
        changes.put(key, Optional.of(value));
      }
    });
    return changes;
  }

  private static JsonObject changes(Map<String, Optional<String>> changes) {
    JsonObject object = new JsonObject();
    changes.forEach((key, value) ->
        object.add(key, value.<JsonElement>map(JsonPrimitive::new).orElse(JsonNull.INSTANCE)));
    return object;
  }

  private static JsonObject object(Map<String, String> entries) {
    JsonObject object = new JsonObject();
    entries.forEach(object::addProperty);
    return object;
  }

  private static JsonArray array(List<String> values) {
    JsonArray array = new JsonArray();
    values.forEach(array::add);
    return array;
  }

  private static void addIfAny(JsonObject parent, String name, JsonObject child) {
    if (!child.isEmpty()) {
      parent.add(name, child);
    }
  }

  private static Map<String, String> map(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : map;
  }

  private static <T> List<T> list(@Nullable List<T> list) {
    return list == null ? List.of() : list;
  }
}
