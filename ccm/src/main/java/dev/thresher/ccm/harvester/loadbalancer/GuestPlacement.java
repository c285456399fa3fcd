package dev.thresher.ccm.harvester.loadbalancer;

import java.util.List;
import java.util.Optional;

/// An address that is held on a guest node: the guest's VIP manager reads it from the Service and
/// writes the Service's status when it answers.
final class GuestPlacement {

  private GuestPlacement() {}

  /// What `status.address` of the object should become.
  ///
  /// Only an address that was reserved for it: the status may still show one from before (an
  /// address that was shared, another placement). What was answered once stays written, however
  /// often the holder changes.
  ///
  /// @param ingress the addresses in the Service's status
  static Optional<String> answered(Balancer balancer, List<String> ingress) {
    if (balancer.placement() != Placement.GUEST || balancer.allocated().isEmpty()) {
      return Optional.empty();
    }
    return ingress.stream()
        .filter(ip -> balancer.isDhcp() || balancer.allocated().contains(ip))
        .findFirst()
        .filter(ip -> !ip.equals(balancer.address()));
  }
}
