package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.loadbalancer.reconcile.Addressing.Refusal;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.loadbalancer.reconcile.Backends.State;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Ready;
import dev.thresher.loadbalancer.rules.HealthRule;
import dev.thresher.loadbalancer.rules.Placements;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// What the condition `Ready` says.
final class Readiness {

  private static final String NOT_ANNOUNCED = "AddressNotAnnounced";

  private static final String BEING_CHECKED = "BackendsBeingChecked";

  /// Back ends that are named one by one in a message.
  private static final int NAMED = 10;

  private Readiness() {}

  /// A load balancer whose addresses somebody else holds: ready when they are reserved.
  static Ready ofReservation(List<IpAddress> addresses, Optional<Refusal> blocking) {
    return blocking
        .map(refusal -> new Ready(false, refusal.reason(), refusal.message()))
        .orElseGet(() ->
            addresses.isEmpty()
                ? new Ready(false, "NoAddress", "no address could be reserved")
                : new Ready(true, Placements.RESERVED, "reserved " + text(addresses)));
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
    List<IpFamily> families = side.announced().stream().map(IpAddress::family).toList();
    if (!Backends.anyReady(side.backends(), families)) {
      return withoutBackend(wish, side.backends());
    }
    return new Ready(
        true, "Answering", "answering at " + text(side.announced()) + leftOut(side.backends()));
  }

  /// Whether nothing is wrong, only something not there yet.
  static boolean isOnTheWay(Ready ready) {
    return !ready.status()
        && (ready.reason().equals(NOT_ANNOUNCED) || ready.reason().equals(BEING_CHECKED));
  }

  private static Ready withoutBackend(Wish wish, List<Backend> backends) {
    if (backends.isEmpty()) {
      return new Ready(
          false,
          "NoReadyBackend",
          "no VirtualMachineInstance of the namespace matches spec.backendServerSelector");
    }
    List<Verdict> verdicts =
        backends.stream()
            .filter(backend -> backend.state() == State.READY)
            .flatMap(backend -> backend.verdicts().values().stream())
            .toList();
    if (verdicts.isEmpty()) {
      return new Ready(false, "NoReadyBackend", "no back end takes part: " + reasons(backends));
    }
    if (verdicts.stream().anyMatch(verdict -> verdict.health() == Health.UNKNOWN)) {
      return new Ready(
          false,
          BEING_CHECKED,
          "no back end has passed spec.healthCheck yet: " + reasons(backends));
    }
    boolean open = wish.health().filter(HealthRule::allOpen).isPresent();
    if (wish.health().filter(HealthRule::trusts).isPresent()) {
      return new Ready(
          false,
          "BackendsUnreachable",
          "no back end can be reached from loadbalancer-controller; give the hosts an address or a"
              + " route on the network of the back ends"
              + (open ? " (all that run get traffic meanwhile): " : ": ")
              + reasons(backends));
    }
    return new Ready(
        false,
        "NoHealthyBackend",
        (open
                ? "no back end passes spec.healthCheck, and whenAllDown is all-open: all that run"
                    + " get traffic: "
                : "no back end passes spec.healthCheck, connections are refused: ")
            + reasons(backends));
  }

  /// Who takes no part while others do.
  private static String leftOut(List<Backend> backends) {
    List<Backend> out =
        backends.stream()
            .filter(backend -> backend.state() == State.READY)
            .filter(backend -> backend.verdicts().values().stream().anyMatch(v -> !v.isUp()))
            .toList();
    return out.isEmpty()
        ? ""
        : "; " + out.size() + " of " + backends.size() + " back ends fail: " + reasons(out);
  }

  private static String reasons(List<Backend> backends) {
    String named =
        backends.stream()
            .limit(NAMED)
            .map(backend -> backend.name() + " " + reason(backend))
            .collect(Collectors.joining(", "));
    return backends.size() > NAMED ? named + " and " + (backends.size() - NAMED) + " more" : named;
  }

  private static String reason(Backend backend) {
    return backend.state() == State.READY
        ? backend.verdicts().values().stream()
            .filter(verdict -> !verdict.isUp())
            .map(Verdict::reason)
            .distinct()
            .sorted()
            .collect(Collectors.joining("/"))
        : backend.state().reason();
  }

  private static String text(List<IpAddress> addresses) {
    return addresses.stream().map(IpAddress::toString).collect(Collectors.joining(", "));
  }
}
