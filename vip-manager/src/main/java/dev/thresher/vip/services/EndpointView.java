package dev.thresher.vip.services;

import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointConditions;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The endpoints of one Service, as far as they matter here.
///
/// @param any whether there is an endpoint that takes connections
/// @param nodes where such endpoints are; endpoints without a node are on none
public record EndpointView(boolean any, Set<String> nodes) {

  public static final EndpointView NONE = new EndpointView(false, Set.of());

  public EndpointView {
    nodes = Set.copyOf(nodes);
  }

  public static EndpointView of(Collection<V1EndpointSlice> slices) {
    boolean any = false;
    Set<String> nodes = new HashSet<>();
    for (V1EndpointSlice slice : slices) {
      List<V1Endpoint> endpoints = slice.getEndpoints();
      if (endpoints == null) {
        continue;
      }
      for (V1Endpoint endpoint : endpoints) {
        if (!serves(endpoint.getConditions())) {
          continue;
        }
        any = true;
        if (endpoint.getNodeName() != null) {
          nodes.add(endpoint.getNodeName());
        }
      }
    }
    return new EndpointView(any, nodes);
  }

  /// Ready, or terminating and still serving (KEP-1669); a condition that is not given counts as
  /// true.
  private static boolean serves(@Nullable V1EndpointConditions conditions) {
    if (conditions == null) {
      return true;
    }
    return !Boolean.FALSE.equals(conditions.getReady())
        || Boolean.TRUE.equals(conditions.getServing());
  }
}
