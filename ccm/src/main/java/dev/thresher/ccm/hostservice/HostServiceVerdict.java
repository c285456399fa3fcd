package dev.thresher.ccm.hostservice;

import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.EnsureResult.StatusWriter;
import dev.thresher.ccm.cloudprovider.IngressPoint;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the guest is told of a host Service that is as it must be.
final class HostServiceVerdict {

  private HostServiceVerdict() {}

  /// @param patience how long there may be no address before the owner is told
  /// @param now by the clock of this process; the age of the Service is by the host's
  static EnsureResult of(
      V1Service host, HostServiceDocument document, Duration patience, Instant now) {
    List<IngressPoint> ingress = ingress(host);
    if (!ingress.isEmpty()) {
      return EnsureResult.of(new State.Done(ingress, StatusWriter.CONTROLLER));
    }
    String name = document.settings().namespace() + "/" + document.name();
    Duration age =
        Optional.ofNullable(host.getMetadata().getCreationTimestamp())
            .map(made -> Duration.between(made.toInstant(), now))
            .orElse(Duration.ZERO);
    Duration left = patience.minus(age.isNegative() ? Duration.ZERO : age);
    return EnsureResult.of(
        left.isPositive()
            ? new State.RetryAfter(left, "Service " + name + " on the host to get an address")
            : new State.Blocked(
                "NoAddressOnHost",
                "Service "
                    + name
                    + " on the host has had no address for more than "
                    + patience.toSeconds()
                    + " s; is there a program on the host that gives addresses to Services of type"
                    + " LoadBalancer? See the Events of that Service"));
  }

  /// As the host has it. An entry without address and name says nothing.
  static List<IngressPoint> ingress(V1Service host) {
    var status = host.getStatus();
    var balancer = status == null ? null : status.getLoadBalancer();
    List<V1LoadBalancerIngress> points = balancer == null ? null : balancer.getIngress();
    if (points == null) {
      return List.of();
    }
    return points.stream()
        .map(HostServiceVerdict::point)
        .filter(point -> !point.ip().isEmpty() || !point.hostname().isEmpty())
        .toList();
  }

  private static IngressPoint point(V1LoadBalancerIngress point) {
    String ip = text(point.getIp());
    String mode = Objects.requireNonNullElse(point.getIpMode(), "VIP");
    return new IngressPoint(ip, text(point.getHostname()), ip.isEmpty() ? "" : mode);
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
