package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.loadbalancer.reconcile.Addressing.Refusal;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Ready;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// What the condition `Ready` says.
final class Readiness {

  private static final String NOT_ANNOUNCED = "AddressNotAnnounced";

  private static final String NOT_CHECKED =
      "; spec.healthCheck is not acted upon yet: every running machine counts as healthy";

  private Readiness() {}

  /// A load balancer whose addresses somebody else holds: ready when they are reserved.
  static Ready ofReservation(List<IpAddress> addresses, Optional<Refusal> blocking) {
    return blocking
        .map(refusal -> new Ready(false, refusal.reason(), refusal.message()))
        .orElseGet(() ->
            addresses.isEmpty()
                ? new Ready(false, "NoAddress", "no address could be reserved")
                : new Ready(true, "AddressAllocated", "reserved " + text(addresses)));
  }

  /// A load balancer with its address on the host: ready when the address is answered and somebody
  /// is behind it.
  static Ready ofHost(
      Wish wish, List<IpAddress> addresses, HostSide.Standing side, Optional<Refusal> blocking) {
    Optional<Refusal> problem = side.problem().or(() -> blocking);
    if (problem.isPresent()) {
      return new Ready(false, problem.get().reason(), problem.get().message());
    }
    if (side.announced().isEmpty()) {
      return new Ready(
          false,
          NOT_ANNOUNCED,
          "waiting for a holder of virtual addresses (vip-manager or kube-vip) on the host to"
              + " announce "
              + text(addresses));
    }
    if (!Backends.anyReady(side.backends())) {
      return new Ready(false, "NoReadyBackend", withoutBackend(side.backends()));
    }
    return new Ready(
        true,
        "Answering",
        "answering at " + text(side.announced()) + (wish.healthCheck() ? NOT_CHECKED : ""));
  }

  /// Whether nothing is wrong, only something not there yet.
  static boolean isOnTheWay(Ready ready) {
    return !ready.status() && ready.reason().equals(NOT_ANNOUNCED);
  }

  private static String withoutBackend(List<Backend> backends) {
    if (backends.isEmpty()) {
      return "no VirtualMachineInstance of the namespace matches spec.backendServerSelector";
    }
    return "no back end takes part: "
        + backends.stream()
            .map(backend -> backend.name() + " " + backend.state().reason())
            .collect(Collectors.joining(", "));
  }

  private static String text(List<IpAddress> addresses) {
    return addresses.stream().map(IpAddress::toString).collect(Collectors.joining(", "));
  }
}
