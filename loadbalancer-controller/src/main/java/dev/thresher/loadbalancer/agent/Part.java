package dev.thresher.loadbalancer.agent;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.Backend;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.health.Check;
import dev.thresher.loadbalancer.rules.HealthRule;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// What one node is to check of one load balancer.
///
/// The controller names nodes only where the address is held on the host, by the claims. What the
/// object says of its placement does not count: that may have been lost.
///
/// @param check how
/// @param digest by which the controller knows the check again
/// @param addresses of back ends, at least one
record Part(Check check, String digest, Set<IpAddress> addresses) {

  Part {
    addresses = Set.copyOf(addresses);
  }

  /// Empty if the node has no part in it.
  static Optional<Part> of(LoadBalancer object, String node) {
    if (object.getMetadata().getDeletionTimestamp() != null || object.getStatus() == null) {
      return Optional.empty();
    }
    Set<IpAddress> addresses =
        object.getStatus().getBackends().stream()
            .filter(backend -> node.equals(backend.getCheckedFrom()))
            .flatMap(backend -> address(backend).stream())
            .collect(Collectors.toUnmodifiableSet());
    return HealthRule.of(object)
        .value()
        .filter(HealthRule::fromNode)
        .filter(_ -> !addresses.isEmpty())
        .map(rule -> new Part(rule.check(), HealthRule.digest(object), addresses));
  }

  /// What is written there comes from elsewhere: nothing but an address of a machine is asked.
  private static Optional<IpAddress> address(Backend backend) {
    return IpAddress.tryParse(Objects.requireNonNullElse(backend.getAddress(), ""))
        .filter(IpAddress::isReachable);
  }
}
