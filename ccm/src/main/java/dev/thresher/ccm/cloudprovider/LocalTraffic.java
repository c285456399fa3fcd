package dev.thresher.ccm.cloudprovider;

import io.kubernetes.client.openapi.models.V1Service;
import java.util.OptionalInt;

/// What `externalTrafficPolicy: Local` of a Service means for its balancer.
public final class LocalTraffic {

  /// Path under which a node says on the health check port whether it has a pod of the Service.
  public static final String HEALTH_CHECK_PATH = "/healthz";

  private LocalTraffic() {}

  /// Whether traffic from outside goes only to nodes that have a pod of the Service.
  public static boolean isAskedFor(V1Service service) {
    var spec = service.getSpec();
    return spec != null
        && ("LoadBalancer".equals(spec.getType()) || "NodePort".equals(spec.getType()))
        && "Local".equals(spec.getExternalTrafficPolicy());
  }

  /// The node port that answers whether a node has a pod, empty if the Service needs none.
  public static OptionalInt healthCheckPort(V1Service service) {
    var spec = service.getSpec();
    Integer port = spec == null ? null : spec.getHealthCheckNodePort();
    return spec != null
            && "LoadBalancer".equals(spec.getType())
            && isAskedFor(service)
            && port != null
            && port != 0
        ? OptionalInt.of(port)
        : OptionalInt.empty();
  }
}
