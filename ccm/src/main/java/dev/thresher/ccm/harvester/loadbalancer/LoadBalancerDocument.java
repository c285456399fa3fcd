package dev.thresher.ccm.harvester.loadbalancer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.harvester.loadbalancer.ServiceRequest.Ipam;
import dev.thresher.ccm.harvester.loadbalancer.ServiceRequest.Port;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The `LoadBalancer` object of a Service as JSON: new, or brought up to date in place.
///
/// Everything that Harvester's cloud provider writes is written as it does. What only a Thresher
/// host knows is left out where it would say nothing new, so that a plain IPv4 Service looks the
/// same to any host.
final class LoadBalancerDocument {

  private static final String REACH = "REACH";

  private final String cluster;
  private final LoadBalancerSettings settings;
  private final String guestUid;

  /// @param guestUid identity of the guest cluster, empty if it is not known
  LoadBalancerDocument(String cluster, LoadBalancerSettings settings, String guestUid) {
    this.cluster = cluster;
    this.settings = settings;
    this.guestUid = guestUid;
  }

  String name(ServiceRequest request) {
    return LoadBalancerName.of(cluster, request.namespace(), request.name(), request.uid());
  }

  /// The object to create.
  ///
  /// @param backends see [#update]
  /// @param shareGroup the group to have an address with, for placement `host`
  JsonObject create(
      ServiceRequest request, Placement placement, List<String> backends, String shareGroup) {
    JsonObject meta = new JsonObject();
    meta.addProperty("name", name(request));
    meta.addProperty("namespace", settings.namespace());
    JsonObject spec = new JsonObject();
    spec.addProperty("ipam", request.ipam().text());
    spec.addProperty("workloadType", "cluster");
    if (placement == Placement.HOST) {
      spec.addProperty("placement", placement.text());
    }
    JsonObject document = new JsonObject();
    document.addProperty("apiVersion", LoadBalancerTypes.GROUP + "/" + LoadBalancerTypes.VERSION);
    document.addProperty("kind", LoadBalancerTypes.LOAD_BALANCER.kind());
    document.add("metadata", meta);
    document.add("spec", spec);
    if (placement == Placement.HOST) {
      JsonObject annotations = object(meta, "annotations");
      annotations.addProperty(ThresherNames.PLACEMENT, placement.text());
      // An address of a DHCP server is nobody's to share.
      set(annotations, ThresherNames.SHARE_GROUP, request.ipam() == Ipam.POOL ? shareGroup : "");
    }
    update(document, request, placement, backends);
    return document;
  }

  /// Changes what differs from the request and may change, and leaves all else as it is.
  ///
  /// Placement, network and the way to an address stay what they were when the object was made.
  ///
  /// @param document as it was read
  /// @param backends addresses of the nodes, for placement `host`
  void update(
      JsonObject document, ServiceRequest request, Placement placement, List<String> backends) {
    JsonObject meta = object(document, "metadata");
    JsonObject labels = object(meta, "labels");
    labels.addProperty(HarvesterNames.CLUSTER_LABEL, cluster);
    labels.addProperty(HarvesterNames.SERVICE_NAMESPACE_LABEL, request.namespace());
    labels.addProperty(HarvesterNames.SERVICE_NAME_LABEL, request.name());
    JsonObject annotations = object(meta, "annotations");
    annotations.addProperty(HarvesterNames.LB_REQUIRED_CLUSTER, cluster);
    annotations.addProperty(ThresherNames.SERVICE_UID, request.uid());
    if (!guestUid.isEmpty()) {
      annotations.addProperty(ThresherNames.GUEST_CLUSTER_UID, guestUid);
    }
    // The host's mutator fills these in its own way, which is not to be fought.
    ifAbsent(annotations, HarvesterNames.LB_REQUIRED_NETWORK, request.network());
    ifAbsent(annotations, HarvesterNames.LB_REQUIRED_PROJECT, request.project());
    ifAbsent(annotations, HarvesterNames.LB_REQUIRED_NAMESPACE, request.poolNamespace());
    if (!annotations.has(HarvesterNames.LB_NETWORK)) {
      annotations.addProperty(HarvesterNames.LB_NETWORK, request.network());
    }
    set(annotations, HarvesterNames.MANAGEMENT_NETWORK, settings.managementNetwork());
    JsonObject spec = object(document, "spec");
    boolean plain = request.isPlainIpv4() && !namesFamilies(annotations, spec);
    set(
        annotations,
        ThresherNames.IP_FAMILIES,
        plain
            ? ""
            : request.families().stream()
                .map(family -> family.text())
                .collect(Collectors.joining(",")));
    set(
        annotations,
        ThresherNames.WANTED_ADDRESSES,
        request.wantedAddresses().stream()
            .map(address -> address.toString())
            .collect(Collectors.joining(",")));
    set(spec, "ipFamilyPolicy", plain ? "" : familyPolicy(request));
    pools(document, spec, annotations, request);
    if (placement == Placement.HOST) {
      put(spec, "listeners", listeners(request));
      put(spec, "backendServerSelector", selector());
      set(annotations, ThresherNames.SOURCE_RANGES, String.join(",", request.sourceRanges()));
      set(annotations, ThresherNames.BACKEND_ADDRESSES, String.join(",", backends));
      healthCheck(spec, annotations, request);
    }
  }

  /// Another pool is another address, so it changes only while there is none. A Service that says
  /// nothing leaves what the owner of the host wrote.
  private static void pools(
      JsonObject document, JsonObject spec, JsonObject annotations, ServiceRequest request) {
    boolean asked = !request.pools().isEmpty() || !request.poolSelector().isEmpty();
    if (!asked || isAllocated(document)) {
      return;
    }
    List<String> pools = request.pools();
    set(spec, "ipPool", pools.isEmpty() ? "" : pools.getFirst());
    set(spec, "ipv6Pool", pools.size() > 1 ? pools.get(1) : "");
    set(annotations, ThresherNames.POOL_SELECTOR, request.poolSelector());
  }

  private static boolean isAllocated(JsonObject document) {
    return document.get("status") instanceof JsonObject status
        && status.get("allocatedAddress") instanceof JsonObject allocated
        && (!text(allocated, "ip").isEmpty() || !text(allocated, "ipv6IP").isEmpty());
  }

  /// With traffic policy `Local` kube-proxy says at a port of its own whether the node has ready
  /// endpoints; the thresholds are the host's, which fills them in. Else any node forwards, and all
  /// that is to be known is whether the host can reach it.
  private static void healthCheck(JsonObject spec, JsonObject annotations, ServiceRequest request) {
    int local = request.healthCheckNodePort();
    Optional<Integer> forwarding = HostPlacement.reachable(request);
    set(annotations, ThresherNames.HEALTH_CHECK_PATH, local == 0 ? "" : "/healthz");
    boolean reach =
        spec.get("healthCheck") instanceof JsonObject check && text(check, "type").equals(REACH);
    boolean ofTheOtherKind = reach == (local != 0);
    if (ofTheOtherKind || (local == 0 && forwarding.isEmpty())) {
      spec.remove("healthCheck");
    }
    if (local != 0) {
      put(object(spec, "healthCheck"), "port", new JsonPrimitive(local));
      return;
    }
    if (forwarding.isEmpty()) {
      return;
    }
    JsonObject check = object(spec, "healthCheck");
    put(check, "port", new JsonPrimitive(forwarding.get()));
    put(check, "type", new JsonPrimitive(REACH));
    put(check, "successThreshold", new JsonPrimitive(1));
    put(check, "failureThreshold", new JsonPrimitive(2));
    put(check, "periodSeconds", new JsonPrimitive(5));
    put(check, "timeoutSeconds", new JsonPrimitive(2));
    // A host that reaches none of them may be wrong about all.
    put(check, "whenAllDown", new JsonPrimitive("all-open"));
  }

  private static String text(JsonObject object, String field) {
    return object.get(field) instanceof JsonPrimitive text ? text.getAsString() : "";
  }

  /// Sets `status.address`.
  static void announce(JsonObject document, String address) {
    object(document, "status").addProperty("address", address);
  }

  /// Whether it ever asked for more than what a stock host knows: fields that vanish would leave an
  /// address of IPv6 where it is.
  private static boolean namesFamilies(JsonObject annotations, JsonObject spec) {
    return annotations.has(ThresherNames.IP_FAMILIES) || spec.has("ipFamilyPolicy");
  }

  private static String familyPolicy(ServiceRequest request) {
    return request.families().size() > 1 && !request.familyPolicy().isEmpty()
        ? request.familyPolicy()
        : "SingleStack";
  }

  private static JsonArray listeners(ServiceRequest request) {
    JsonArray listeners = new JsonArray();
    for (Port port : request.ports()) {
      JsonObject listener = new JsonObject();
      if (!port.name().isEmpty()) {
        listener.addProperty("name", port.name());
      }
      listener.addProperty("port", port.port());
      listener.addProperty("protocol", port.protocol());
      listener.addProperty("backendPort", port.nodePort());
      listeners.add(listener);
    }
    return listeners;
  }

  private JsonObject selector() {
    JsonArray clusters = new JsonArray();
    clusters.add(cluster);
    JsonObject selector = new JsonObject();
    selector.add(HarvesterNames.GUEST_CLUSTER_LABEL, clusters);
    return selector;
  }

  private static JsonObject object(JsonObject parent, String field) {
    JsonElement present = parent.get(field);
    if (present == null || present.isJsonNull()) {
      JsonObject made = new JsonObject();
      parent.add(field, made);
      return made;
    }
    return present.getAsJsonObject();
  }

  private static void ifAbsent(JsonObject map, String key, String value) {
    if (!value.isEmpty() && !map.has(key)) {
      map.addProperty(key, value);
    }
  }

  /// An empty value takes the key away.
  private static void set(JsonObject map, String key, String value) {
    if (value.isEmpty()) {
      map.remove(key);
    } else {
      map.addProperty(key, value);
    }
  }

  /// Keeps the present value if it is equal: a number that was read compares equal to one that was
  /// written, but prints differently.
  private static void put(JsonObject map, String key, JsonElement value) {
    if (!value.equals(map.get(key))) {
      map.add(key, value);
    }
  }
}
