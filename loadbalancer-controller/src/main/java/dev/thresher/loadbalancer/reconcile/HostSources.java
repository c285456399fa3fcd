package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.loadbalancer.rules.Occupied;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.List;
import java.util.stream.Stream;

/// Caches of the objects that say which addresses the host itself has: all nodes, and one slice and
/// one ConfigMap by name. What a role does not let be read says nothing, which the log tells once.
///
/// @param nodes all
/// @param servers the slice of the API servers alone
/// @param virtual the ConfigMap of the host's virtual address alone
record HostSources(
    Informer<V1Node> nodes, Informer<V1EndpointSlice> servers, Informer<V1ConfigMap> virtual) {

  static HostSources of(Informers informers) {
    return new HostSources(
        informers.informer(CoreTypes.NODE, Scope.ALL),
        informers.optional(CoreTypes.ENDPOINT_SLICE, only(HostAddresses.API_SERVERS)),
        informers.optional(CoreTypes.CONFIG_MAP, only(HostAddresses.VIRTUAL)));
  }

  private static Scope only(ObjectKey key) {
    return Scope.object(key.namespace(), key.name());
  }

  List<Occupied> all() {
    return Stream.of(
            nodes.list().stream().map(HostAddresses::ofNode),
            servers.list().stream().map(HostAddresses::ofServers),
            virtual.list().stream().map(HostAddresses::ofVirtual))
        .flatMap(said -> said)
        .flatMap(List::stream)
        .toList();
  }

  /// The caches that must have synced before an address is given.
  List<Informer<?>> caches() {
    return List.of(nodes, servers, virtual);
  }
}
