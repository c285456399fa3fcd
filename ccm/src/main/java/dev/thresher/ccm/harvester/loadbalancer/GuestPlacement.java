package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.ccm.harvester.loadbalancer.GuestCards.Card;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

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
  /// @param isOfAnother whether an address is known to be another Service's, for DHCP, where no
  ///   address is reserved
  static Optional<String> answered(
      Balancer balancer, List<String> ingress, Predicate<String> isOfAnother) {
    if (balancer.placement() != Placement.GUEST || balancer.allocated().isEmpty()) {
      return Optional.empty();
    }
    List<String> own =
        ingress.stream()
            .filter(
                ip -> balancer.isDhcp() ? !isOfAnother.test(ip) : balancer.allocated().contains(ip))
            .toList();
    return own.contains(balancer.address()) ? Optional.empty() : own.stream().findFirst();
  }

  /// Why this Service should not get an object yet: its VIP manager would not know where to hold
  /// the address.
  static Optional<Notice> hindrance(ServiceRequest request, Placement placement, GuestCards cards) {
    return placement == Placement.GUEST && !request.network().isEmpty()
        ? notCommon(request.network(), cards.of(request.network()))
        : Optional.empty();
  }

  /// What the VIP manager reads, in one piece: an address without its card would be held on the
  /// wrong one.
  ///
  /// A card that somebody named stays when the network or the card is not known.
  static ServiceMarks marks(Balancer balancer, Card card) {
    Map<String, Optional<String>> annotations = new HashMap<>();
    annotations.put(
        KubeVipNames.LOAD_BALANCER_IPS, Optional.of(String.join(",", balancer.allocated())));
    if (card instanceof Card.Named(String name)) {
      annotations.put(KubeVipNames.SERVICE_INTERFACE, Optional.of(name));
    }
    return new ServiceMarks(annotations, Map.of(HarvesterNames.PRIMARY_SERVICE, Optional.empty()));
  }

  /// What takes the marks away again.
  ///
  /// @param withCard whether the card was named here
  static ServiceMarks noMarks(boolean withCard) {
    Map<String, Optional<String>> annotations = new HashMap<>();
    annotations.put(KubeVipNames.LOAD_BALANCER_IPS, Optional.empty());
    if (withCard) {
      annotations.put(KubeVipNames.SERVICE_INTERFACE, Optional.empty());
    }
    return new ServiceMarks(annotations, Map.of(HarvesterNames.PRIMARY_SERVICE, Optional.empty()));
  }

  /// @return a warning if the nodes have no card in common on the network
  static Optional<Notice> notCommon(String network, Card card) {
    return card instanceof Card.NotCommon(List<String> known)
        ? Optional.of(
            new Notice(
                "NetworkNotOnAllNodes",
                "network \""
                    + network
                    + "\" (annotation "
                    + HarvesterNames.NETWORK
                    + ") is not on a card of the same name on all nodes; "
                    + (known.isEmpty() ? "no network is" : "these are: " + String.join(", ", known))
                    + "; give all nodes a card on it, or name another network"))
        : Optional.empty();
  }
}
