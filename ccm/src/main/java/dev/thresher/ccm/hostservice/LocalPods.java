package dev.thresher.ccm.hostservice;

import dev.thresher.ccm.hostservice.BackEnd.State;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Which guest nodes have pods of a Service, for `externalTrafficPolicy: Local`: a node without one
/// drops what it gets.
final class LocalPods {

  private LocalPods() {}

  /// Nodes with a pod, by name: [State#READY] if one is ready, [State#DRAINING] if those that are
  /// left finish what they have begun.
  ///
  /// @param slices of the Service in the guest
  static Map<String, State> byNode(Collection<V1EndpointSlice> slices) {
    Map<String, State> nodes = new LinkedHashMap<>();
    for (V1EndpointSlice slice : slices) {
      for (V1Endpoint endpoint :
          Objects.requireNonNullElse(slice.getEndpoints(), List.<V1Endpoint>of())) {
        String node = endpoint.getNodeName();
        State state = state(endpoint);
        // Endpoints of external services have no node.
        if (node != null && state != State.NOT_READY && nodes.get(node) != State.READY) {
          nodes.put(node, state);
        }
      }
    }
    return nodes;
  }

  private static State state(V1Endpoint endpoint) {
    var conditions = endpoint.getConditions();
    // Absent means ready (API reference of EndpointConditions).
    if (conditions == null || !Boolean.FALSE.equals(conditions.getReady())) {
      return State.READY;
    }
    return Boolean.TRUE.equals(conditions.getServing())
            && Boolean.TRUE.equals(conditions.getTerminating())
        ? State.DRAINING
        : State.NOT_READY;
  }
}
