package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.loadbalancer.rules.Occupied;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.ListQuery;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The host's own addresses on its management network: those of the nodes, of the API server, and
/// the virtual one of the host.
///
/// The webhooks ask the API server itself: seldom, when somebody writes ranges or asks for a
/// certain address, which is not worth a cache of all nodes in every replica. The controller
/// follows the objects ([Occupants]) and takes from here only what they say.
public final class HostAddresses {

  private static final Logger log = LoggerFactory.getLogger(HostAddresses.class);

  private static final Set<String> REACHABLE = Set.of("InternalIP", "ExternalIP");
  static final ObjectKey API_SERVERS = ObjectKey.of("default", "kubernetes");

  /// Made by Harvester's installer.
  static final ObjectKey VIRTUAL = ObjectKey.of("harvester-system", "vip");

  private final KubeApi api;
  private final Set<String> said = ConcurrentHashMap.newKeySet();

  public HostAddresses(KubeApi api) {
    this.api = api;
  }

  /// @throws KubeApiException if the API server does not answer
  public List<Occupied> all() {
    var all = new ArrayList<Occupied>();
    all.addAll(unlessForbidden("nodes", this::ofNodes));
    all.addAll(
        unlessForbidden(
            "endpointslices",
            () -> said(api.get(CoreTypes.ENDPOINT_SLICE, API_SERVERS), HostAddresses::ofServers)));
    all.addAll(
        unlessForbidden(
            "configmaps",
            () -> said(api.get(CoreTypes.CONFIG_MAP, VIRTUAL), HostAddresses::ofVirtual)));
    return all;
  }

  /// A role of before this was looked at must not stop all writes of pools.
  private List<Occupied> unlessForbidden(String what, Supplier<List<Occupied>> asking) {
    try {
      return asking.get();
    } catch (KubeApiException e) {
      if (!e.is(KubeApiException.Reason.FORBIDDEN)) {
        throw e;
      }
      if (said.add(what)) {
        log.atWarn()
            .addKeyValue("resource", what)
            .addKeyValue("error", e.getMessage())
            .log("the role does not allow to read which addresses the host has: not checked");
      }
      return List.of();
    }
  }

  private List<Occupied> ofNodes() {
    return api.list(CoreTypes.NODE, ListQuery.all().withLimit(0)).items().stream()
        .flatMap(node -> ofNode(node).stream())
        .toList();
  }

  /// Those of one node.
  static List<Occupied> ofNode(V1Node node) {
    if (node.getStatus() == null || node.getStatus().getAddresses() == null) {
      return List.of();
    }
    return node.getStatus().getAddresses().stream()
        .filter(address -> REACHABLE.contains(address.getType()))
        .flatMap(address ->
            occupied(address.getAddress(), "node \"" + node.getMetadata().getName() + "\""))
        .toList();
  }

  private static <T> List<Occupied> said(Optional<T> object, Function<T, List<Occupied>> reading) {
    return object.map(reading).orElse(List.of());
  }

  /// Those of the API servers, which is what the slice `default/kubernetes` is for.
  static List<Occupied> ofServers(V1EndpointSlice slice) {
    return Stream.ofNullable(slice.getEndpoints())
        .flatMap(List::stream)
        .flatMap(endpoint -> endpoint.getAddresses().stream())
        .flatMap(address -> occupied(address, "the API server of the host"))
        .toList();
  }

  /// The virtual one, by the ConfigMap that Harvester's installer makes.
  static List<Occupied> ofVirtual(V1ConfigMap configMap) {
    return Stream.ofNullable(configMap.getData())
        .flatMap(data -> Stream.ofNullable(data.get("ip")))
        .flatMap(address -> occupied(address, "the host as its virtual address"))
        .toList();
  }

  private static Stream<Occupied> occupied(String address, String holder) {
    return IpAddress.tryParse(address).map(parsed -> new Occupied(parsed, "", holder)).stream();
  }
}
