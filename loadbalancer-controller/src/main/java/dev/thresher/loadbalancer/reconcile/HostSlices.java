package dev.thresher.loadbalancer.reconcile;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.loadbalancer.rules.HealthRule;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// The EndpointSlice of one family behind a host Service: what it must say, and what of an existing
/// one is wrong.
///
/// The IPv4 slice has the Service's name, as Harvester's has; the IPv6 slice has `-ipv6` appended.
///
/// A machine that fails its check stays in the slice and is not ready: by that the check begins
/// where it ended when another process goes on with it.
///
/// When no machine can take traffic, a slice has one endpoint of nobody if there is an address for
/// it, as Harvester's has for IPv4: a Service without endpoints lets kube-vip's traffic fall
/// through to the host's own ports (harvester/harvester issue 6934), and kube-vip from 1.2 on holds
/// no address without an endpoint. Where the proxy rejects what has no endpoint, and our own holder
/// what the proxy does not translate, none is needed.
///
/// @param nobody address of the endpoint of nobody, at most one of each family
record HostSlices(
    Wish wish, IpFamily family, List<Backend> backends, Map<IpFamily, IpAddress> nobody) {

  private static final String IPV6_SUFFIX = "-ipv6";

  /// By this the Go controller tells the endpoint of nobody from a real one. Source: as above.
  static final String NOBODY_UID = "dummy347-546a-4642-9da6-5608endpoint";

  HostSlices {
    backends = List.copyOf(backends);
    nobody = Map.copyOf(nobody);
  }

  static String name(String service, IpFamily family) {
    return family == IpFamily.IPV4 ? service : service + IPV6_SUFFIX;
  }

  ObjectKey key() {
    return ObjectKey.of(wish.owner().namespace(), name(wish.owner().name(), family));
  }

  /// The load balancers that a slice of this name may belong to, when its label is gone.
  static List<String> possibleOwners(String slice) {
    return slice.endsWith(IPV6_SUFFIX)
        ? List.of(slice, slice.substring(0, slice.length() - IPV6_SUFFIX.length()))
        : List.of(slice);
  }

  /// The document to create.
  JsonObject document() {
    JsonObject document = new JsonObject();
    document.addProperty("apiVersion", "discovery.k8s.io/v1");
    document.addProperty("kind", "EndpointSlice");
    document.add("metadata", HostObject.metadata(wish, key().name(), labels()));
    document.addProperty("addressType", family.text());
    document.add("ports", ports());
    document.add("endpoints", endpoints());
    return document;
  }

  /// What makes an existing slice right again; empty if it is. Endpoints are replaced in one write,
  /// so that one machine takes the place of another without an empty moment.
  Optional<Patch> repair(V1EndpointSlice seen) {
    V1EndpointSlice wanted = LenientJson.gson().fromJson(document(), V1EndpointSlice.class);
    JsonObject document = endpointsUnlike(wanted, seen);
    if (!Objects.equals(
        wanted.getPorts(), Objects.requireNonNullElse(seen.getPorts(), List.of()))) {
      document.add("ports", ports());
    }
    JsonObject metadata = new JsonObject();
    HostObject.lostOwner(wish, seen).ifPresent(all -> metadata.add("ownerReferences", all));
    JsonObject labels = HostObject.missing(labels(), seen.getMetadata().getLabels());
    if (!labels.isEmpty()) {
      metadata.add("labels", labels);
    }
    if (!metadata.isEmpty()) {
      document.add("metadata", metadata);
    }
    return document.isEmpty() ? Optional.empty() : Optional.of(Patches.merge(seen, document));
  }

  /// As [#repair], of the endpoints alone.
  Optional<Patch> repairEndpoints(V1EndpointSlice seen) {
    V1EndpointSlice wanted = LenientJson.gson().fromJson(document(), V1EndpointSlice.class);
    JsonObject document = endpointsUnlike(wanted, seen);
    return document.isEmpty() ? Optional.empty() : Optional.of(Patches.merge(seen, document));
  }

  /// The endpoints, if those of the slice are others; else nothing.
  private JsonObject endpointsUnlike(V1EndpointSlice wanted, V1EndpointSlice seen) {
    JsonObject document = new JsonObject();
    if (!Objects.equals(
        wanted.getEndpoints(), Objects.requireNonNullElse(seen.getEndpoints(), List.of()))) {
      document.add("endpoints", endpoints());
    }
    return document;
  }

  /// Whether a slice of one of our names that names no owner can only have been made here: it says
  /// that it is of no other Service and no other manager, and all its endpoints are as ours are,
  /// with a reference without a kind. One of a person's making refers to nothing, one of
  /// Kubernetes' names the kind.
  static boolean looksMadeHere(Wish wish, V1EndpointSlice seen) {
    Map<String, String> labels =
        Objects.requireNonNullElse(seen.getMetadata().getLabels(), Map.<String, String>of());
    String service = wish.owner().name();
    return labels.getOrDefault(KubernetesNames.LABEL_SERVICE_NAME, service).equals(service)
        && labels
            .getOrDefault(KubernetesNames.LABEL_MANAGED_BY, ThresherNames.ENDPOINT_SLICE_MANAGER)
            .equals(ThresherNames.ENDPOINT_SLICE_MANAGER)
        && Objects.requireNonNullElse(seen.getEndpoints(), List.<V1Endpoint>of()).stream()
            .map(V1Endpoint::getTargetRef)
            .allMatch(target ->
                target != null
                    && target.getKind() == null
                    && target.getUid() != null
                    && wish.owner().namespace().equals(target.getNamespace()));
  }

  /// Addresses that slices hold for each instance, by UID.
  static Map<String, Map<IpFamily, IpAddress>> known(Collection<V1EndpointSlice> slices) {
    var known = new HashMap<String, Map<IpFamily, IpAddress>>();
    for (V1EndpointSlice slice : slices) {
      for (V1Endpoint endpoint :
          Objects.requireNonNullElse(slice.getEndpoints(), List.<V1Endpoint>of())) {
        if (endpoint.getTargetRef() == null
            || endpoint.getTargetRef().getUid() == null
            || NOBODY_UID.equals(endpoint.getTargetRef().getUid())) {
          continue;
        }
        for (String text : endpoint.getAddresses()) {
          IpAddress.tryParse(text)
              .ifPresent(address ->
                  known
                      .computeIfAbsent(
                          endpoint.getTargetRef().getUid(), _ -> new EnumMap<>(IpFamily.class))
                      .putIfAbsent(address.family(), address));
        }
      }
    }
    return known;
  }

  private Map<String, String> labels() {
    var labels = new LinkedHashMap<String, String>();
    labels.put(HarvesterNames.SERVICE_LB_LABEL, "true");
    labels.put(KubernetesNames.LABEL_SERVICE_NAME, wish.owner().name());
    labels.put(KubernetesNames.LABEL_MANAGED_BY, ThresherNames.ENDPOINT_SLICE_MANAGER);
    labels.put(ThresherNames.LOAD_BALANCER_UID, wish.uid());
    return labels;
  }

  private JsonArray ports() {
    JsonArray ports = new JsonArray();
    for (Wish.Port port : wish.ports()) {
      JsonObject entry = new JsonObject();
      entry.addProperty("name", port.name());
      entry.addProperty("protocol", port.protocol());
      entry.addProperty("port", port.backendPort());
      ports.add(entry);
    }
    return ports;
  }

  private JsonArray endpoints() {
    JsonArray endpoints = new JsonArray();
    boolean anyServing = false;
    boolean open = isOpenToAll();
    for (Backend backend : backends) {
      Optional<IpAddress> address = backend.address(family);
      if (address.isEmpty() || !backend.state().serves()) {
        continue;
      }
      boolean serving = open || backend.isHealthy(family);
      anyServing |= serving;
      endpoints.add(endpoint(address.get().toString(), backend, serving));
    }
    if (!anyServing && nobody.containsKey(family)) {
      endpoints.add(ofNobody(nobody.get(family)));
    }
    return endpoints;
  }

  /// Whether nobody is healthy and the load balancer says that all shall have traffic then.
  private boolean isOpenToAll() {
    return wish.health().filter(HealthRule::allOpen).isPresent()
        && backends.stream().noneMatch(backend -> backend.takesPart(family));
  }

  private JsonObject endpoint(String address, Backend backend, boolean serving) {
    boolean leaves = backend.state().leaves();
    boolean ready = serving && !leaves;
    JsonObject conditions = new JsonObject();
    conditions.addProperty("ready", ready);
    if (!ready) {
      conditions.addProperty("serving", serving);
      if (leaves) {
        conditions.addProperty("terminating", true);
      }
    }
    JsonObject endpoint = endpoint(address, conditions, backend.name(), backend.uid());
    if (!backend.node().isEmpty()) {
      endpoint.addProperty("nodeName", backend.node());
    }
    return endpoint;
  }

  private JsonObject ofNobody(IpAddress address) {
    JsonObject conditions = new JsonObject();
    conditions.addProperty("ready", true);
    return endpoint(address.toString(), conditions, wish.owner().name(), NOBODY_UID);
  }

  /// The reference has no kind, as Harvester's has none; its controller reads the UID alone.
  private JsonObject endpoint(String address, JsonObject conditions, String name, String uid) {
    JsonObject target = new JsonObject();
    target.addProperty("namespace", wish.owner().namespace());
    target.addProperty("name", name);
    target.addProperty("uid", uid);
    JsonObject endpoint = new JsonObject();
    endpoint.add("addresses", HostObject.array(List.of(address)));
    endpoint.add("conditions", conditions);
    endpoint.add("targetRef", target);
    return endpoint;
  }
}
