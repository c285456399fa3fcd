package dev.thresher.ccm.harvester.loadbalancer;

import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Objects;

/// The addresses in the status of a Service: those that somebody answers.
final class Ingress {

  private Ingress() {}

  static List<String> of(V1Service service) {
    var status = service.getStatus();
    var balancer = status == null ? null : status.getLoadBalancer();
    List<V1LoadBalancerIngress> points = balancer == null ? null : balancer.getIngress();
    return points == null
        ? List.of()
        : points.stream()
            .map(V1LoadBalancerIngress::getIp)
            .filter(Objects::nonNull)
            .map(Objects::requireNonNull)
            .toList();
  }
}
