package dev.thresher.ccm.harvester;

import dev.thresher.ccm.hostservice.BackEndSource;
import java.util.List;

/// What is made on the host for a guest Service: `--load-balancer-driver`.
public sealed interface LoadBalancerDriver {

  /// As the flag has it.
  String text();

  /// A `LoadBalancer` object of Harvester.
  record BalancerObjects() implements LoadBalancerDriver {
    public static final String TEXT = "loadbalancer";

    @Override
    public String text() {
      return TEXT;
    }
  }

  /// A Service with EndpointSlices.
  ///
  /// @param backEnds who says which machines are behind it
  /// @param annotationPrefixes annotations of the guest Service that are handed on
  record HostServices(BackEndSource backEnds, List<String> annotationPrefixes)
      implements LoadBalancerDriver {
    public static final String TEXT = "service";

    public HostServices {
      annotationPrefixes = List.copyOf(annotationPrefixes);
    }

    @Override
    public String text() {
      return TEXT;
    }
  }
}
