package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.rules.Affinity;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The host Service of a load balancer: what it must say, and what of an existing one is wrong.
///
/// It has the load balancer's name, no selector, and the address for whoever holds virtual
/// addresses on the host: in `spec.loadBalancerIP` and the annotation
/// `kube-vip.io/loadbalancerIPs`. Name, label and owner are Harvester's (load-balancer-harvester,
/// `pkg/lb/servicelb`).
///
/// @param wish what is asked for
/// @param addresses one, or one of each family, the first one first; `0.0.0.0` for DHCP
record HostService(Wish wish, List<IpAddress> addresses) {

  /// Annotations that say what the load balancer said of a field that a person may set, too.
  private static final List<String> MARKS =
      List.of(ThresherNames.SOURCE_RANGES, ThresherNames.SESSION_AFFINITY);

  HostService {
    addresses = List.copyOf(addresses);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException(
          "a host Service needs an address, " + wish.owner() + " has none");
    }
  }

  static ObjectKey key(Wish wish) {
    return ObjectKey.of(wish.owner().namespace(), wish.owner().name());
  }

  /// The document to create.
  JsonObject document() {
    JsonObject metadata = HostObject.metadata(wish, wish.owner().name(), labels());
    metadata.add("annotations", HostObject.object(annotations()));
    JsonObject spec = new JsonObject();
    spec.addProperty("type", "LoadBalancer");
    spec.addProperty("loadBalancerIP", addresses.get(0).toString());
    spec.addProperty("ipFamilyPolicy", familyPolicy());
    spec.add("ipFamilies", HostObject.array(families()));
    spec.add("ports", ports(List.of()));
    if (!wish.sourceRanges().isEmpty()) {
      spec.add("loadBalancerSourceRanges", HostObject.array(wish.sourceRanges()));
    }
    wish.affinity()
        .filter(affinity -> !affinity.equals(Affinity.NONE))
        .ifPresent(affinity -> put(spec, affinity));
    JsonObject document = new JsonObject();
    document.addProperty("apiVersion", "v1");
    document.addProperty("kind", "Service");
    document.add("metadata", metadata);
    document.add("spec", spec);
    return document;
  }

  /// What makes an existing Service right again; empty if it is. What others added, such as their
  /// annotations, stays.
  Optional<Patch> repair(V1Service seen) {
    V1ServiceSpec seenSpec = Objects.requireNonNullElse(seen.getSpec(), new V1ServiceSpec());
    JsonObject spec = new JsonObject();
    if (!"LoadBalancer".equals(seenSpec.getType())) {
      spec.addProperty("type", "LoadBalancer");
    }
    if (!addresses.get(0).toString().equals(seenSpec.getLoadBalancerIP())) {
      spec.addProperty("loadBalancerIP", addresses.get(0).toString());
    }
    if (seenSpec.getSelector() != null && !seenSpec.getSelector().isEmpty()) {
      spec.add("selector", JsonNull.INSTANCE);
    }
    List<String> families = families(seenSpec);
    if (!families.equals(seenSpec.getIpFamilies())) {
      spec.addProperty("ipFamilyPolicy", familyPolicy());
      spec.add("ipFamilies", HostObject.array(families));
      if (families().size() == 1) {
        // The API server refuses to drop a family while its cluster address is still named.
        spec.add("clusterIPs", firstClusterAddress(seenSpec));
      }
    }
    List<V1ServicePort> seenPorts = Objects.requireNonNullElse(seenSpec.getPorts(), List.of());
    if (!samePorts(seenPorts)) {
      spec.add("ports", ports(seenPorts));
    }
    if (saysSourceRanges(seen)
        && !wish.sourceRanges()
            .equals(
                Objects.requireNonNullElse(seenSpec.getLoadBalancerSourceRanges(), List.of()))) {
      spec.add("loadBalancerSourceRanges", HostObject.array(wish.sourceRanges()));
    }
    affinity(seen)
        .filter(affinity -> !isSo(affinity, seenSpec))
        .ifPresent(affinity -> put(spec, affinity));
    JsonObject metadata = new JsonObject();
    addIfAny(metadata, "labels", HostObject.missing(labels(), seen.getMetadata().getLabels()));
    HostObject.lostOwner(wish, seen).ifPresent(all -> metadata.add("ownerReferences", all));
    JsonObject annotations = HostObject.missing(annotations(), seen.getMetadata().getAnnotations());
    MARKS.stream()
        .filter(mark -> !annotations().containsKey(mark) && hasMark(seen, mark))
        .forEach(mark -> annotations.add(mark, JsonNull.INSTANCE));
    addIfAny(metadata, "annotations", annotations);
    JsonObject document = new JsonObject();
    addIfAny(document, "metadata", metadata);
    addIfAny(document, "spec", spec);
    if (document.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(Patches.merge(seen, document));
  }

  /// The addresses that a Service asks a holder for, by its annotation or by its field.
  static Set<IpAddress> requested(V1Service seen) {
    var requested = new HashSet<IpAddress>();
    Map<String, String> annotations = seen.getMetadata().getAnnotations();
    if (annotations != null) {
      String list = annotations.getOrDefault(KubeVipNames.LOAD_BALANCER_IPS, "");
      for (String text : list.split(",", -1)) {
        IpAddress.tryParse(text.strip()).ifPresent(requested::add);
      }
    }
    String field = seen.getSpec() == null ? null : seen.getSpec().getLoadBalancerIP();
    if (field != null) {
      IpAddress.tryParse(field).ifPresent(requested::add);
    }
    return requested;
  }

  /// The addresses that are answered, as whoever holds them wrote into the Service's status.
  static List<IpAddress> answered(V1Service seen) {
    if (seen.getStatus() == null
        || seen.getStatus().getLoadBalancer() == null
        || seen.getStatus().getLoadBalancer().getIngress() == null) {
      return List.of();
    }
    return seen.getStatus().getLoadBalancer().getIngress().stream()
        .map(V1LoadBalancerIngress::getIp)
        .filter(Objects::nonNull)
        .flatMap(text -> IpAddress.tryParse(text).stream())
        .distinct()
        .toList();
  }

  private Map<String, String> labels() {
    var labels = new LinkedHashMap<String, String>();
    labels.put(HarvesterNames.SERVICE_LB_LABEL, "true");
    labels.put(ThresherNames.LOAD_BALANCER_UID, wish.uid());
    return labels;
  }

  private Map<String, String> annotations() {
    var annotations = new LinkedHashMap<String, String>();
    // Once more, for whoever takes all labels away: 0.0.0.0 is no address to know it by.
    annotations.put(ThresherNames.LOAD_BALANCER_UID, wish.uid());
    annotations.put(
        KubeVipNames.LOAD_BALANCER_IPS,
        String.join(",", addresses.stream().map(IpAddress::toString).toList()));
    if (!wish.guestCluster() && !wish.sourceRanges().isEmpty()) {
      annotations.put(ThresherNames.SOURCE_RANGES, String.join(",", wish.sourceRanges()));
    }
    wish.affinity()
        .ifPresent(affinity -> annotations.put(ThresherNames.SESSION_AFFINITY, affinity.type()));
    return annotations;
  }

  /// Whether the load balancer rules who may come. Harvester's has no word for it, so its users
  /// write it into the host Service; that stays as long as the load balancer itself never said
  /// anything. A guest's Service always says.
  private boolean saysSourceRanges(V1Service seen) {
    return wish.guestCluster()
        || !wish.sourceRanges().isEmpty()
        || hasMark(seen, ThresherNames.SOURCE_RANGES);
  }

  /// As above: what is asked for, or that what was asked for before is over.
  private Optional<Affinity> affinity(V1Service seen) {
    return wish.affinity().isEmpty() && hasMark(seen, ThresherNames.SESSION_AFFINITY)
        ? Optional.of(Affinity.NONE)
        : wish.affinity();
  }

  private static boolean isSo(Affinity affinity, V1ServiceSpec seen) {
    var config = seen.getSessionAffinityConfig();
    Integer seconds =
        config == null || config.getClientIP() == null
            ? null
            : config.getClientIP().getTimeoutSeconds();
    return affinity.type().equals(Objects.requireNonNullElse(seen.getSessionAffinity(), "None"))
        && (affinity.seconds() == 0 || Objects.equals(affinity.seconds(), seconds));
  }

  private static void put(JsonObject spec, Affinity affinity) {
    spec.addProperty("sessionAffinity", affinity.type());
    if (affinity.seconds() == 0) {
      spec.add("sessionAffinityConfig", JsonNull.INSTANCE);
    } else {
      spec.add(
          "sessionAffinityConfig",
          Patches.nest(new JsonPrimitive(affinity.seconds()), "clientIP", "timeoutSeconds"));
    }
  }

  private static boolean hasMark(V1Service seen, String mark) {
    return seen.getMetadata().getAnnotations() != null
        && seen.getMetadata().getAnnotations().containsKey(mark);
  }

  /// Whether the first family of an existing Service is not wanted any more. That cannot be
  /// changed: only a new Service has another one.
  boolean needsAnother(V1Service seen) {
    return seen.getSpec() != null
        && firstFamily(seen.getSpec()).filter(first -> !families().contains(first)).isPresent();
  }

  private static Optional<String> firstFamily(V1ServiceSpec seen) {
    return Objects.requireNonNullElse(seen.getIpFamilies(), List.<String>of()).stream().findFirst();
  }

  /// The families, first the one that an existing Service has first, if it is wanted at all.
  private List<String> families(V1ServiceSpec seen) {
    List<String> wanted = families();
    return firstFamily(seen)
        .filter(wanted::contains)
        .map(first ->
            Stream.concat(Stream.of(first), wanted.stream().filter(family -> !family.equals(first)))
                .toList())
        .orElse(wanted);
  }

  private List<String> families() {
    return addresses.stream().map(address -> address.family().text()).toList();
  }

  private String familyPolicy() {
    return addresses.size() == 1 ? "SingleStack" : "RequireDualStack";
  }

  private static JsonElement firstClusterAddress(V1ServiceSpec seen) {
    List<String> seenAddresses = seen.getClusterIPs();
    return seenAddresses == null || seenAddresses.isEmpty()
        ? JsonNull.INSTANCE
        : HostObject.array(seenAddresses.subList(0, 1));
  }

  private boolean samePorts(List<V1ServicePort> seen) {
    if (seen.size() != wish.ports().size()) {
      return false;
    }
    for (int i = 0; i < seen.size(); i++) {
      if (!same(wish.ports().get(i), seen.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean same(Wish.Port port, V1ServicePort seen) {
    return port.name().equals(Objects.requireNonNullElse(seen.getName(), ""))
        && port.protocol().equals(Objects.requireNonNullElse(seen.getProtocol(), "TCP"))
        && Objects.equals(port.port(), seen.getPort())
        && seen.getTargetPort() != null
        && seen.getTargetPort().isInteger()
        && Objects.equals(port.backendPort(), seen.getTargetPort().getIntValue());
  }

  /// The ports, each with the node port that it has already, since a replaced list would get new
  /// ones.
  private JsonArray ports(List<V1ServicePort> seen) {
    JsonArray ports = new JsonArray();
    for (Wish.Port port : wish.ports()) {
      JsonObject entry = new JsonObject();
      if (!port.name().isEmpty()) {
        entry.addProperty("name", port.name());
      }
      entry.addProperty("protocol", port.protocol());
      entry.addProperty("port", port.port());
      entry.addProperty("targetPort", port.backendPort());
      seen.stream()
          .filter(other ->
              Objects.equals(other.getPort(), port.port())
                  && port.protocol().equals(Objects.requireNonNullElse(other.getProtocol(), "TCP")))
          .map(V1ServicePort::getNodePort)
          .filter(nodePort -> nodePort != null && nodePort != 0)
          .findFirst()
          .ifPresent(nodePort -> entry.add("nodePort", new JsonPrimitive(nodePort)));
      ports.add(entry);
    }
    return ports;
  }

  private static void addIfAny(JsonObject parent, String name, JsonObject child) {
    if (!child.isEmpty()) {
      parent.add(name, child);
    }
  }
}
