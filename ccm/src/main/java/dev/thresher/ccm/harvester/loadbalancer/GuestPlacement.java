package dev.thresher.ccm.harvester.loadbalancer;

import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.ccm.harvester.networks.NodeNetworks.Cards;
import io.kubernetes.client.openapi.models.V1Condition;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// An address that is held on a guest node: the guest's VIP manager reads it from the Service and
/// writes the Service's status when it answers.
final class GuestPlacement {

  /// In place of a card: the one whose subnet the address is in.
  private static final String BY_ADDRESS = "auto";

  private static final String NOT_HELD = "AddressNotHeld";

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

  /// Why this Service should not get an object yet: no VIP manager could hold its address.
  static Optional<Notice> hindrance(
      ServiceRequest request, Placement placement, NodeNetworks networks) {
    return placement == Placement.GUEST
            && !request.network().isEmpty()
            && networks.on(request.network()) instanceof Cards.Absent absent
        ? reservation(request.network(), absent)
        : Optional.empty();
  }

  /// What the VIP manager reads, in one piece: an address without its card would be held on the
  /// wrong one.
  ///
  /// A card that is named already stays when no better one is known.
  ///
  /// @param named whether the Service names a card
  static ServiceMarks marks(Balancer balancer, Cards cards, boolean named) {
    Map<String, Optional<String>> annotations = new HashMap<>();
    annotations.put(
        KubeVipNames.LOAD_BALANCER_IPS, Optional.of(String.join(",", balancer.allocated())));
    switch (cards) {
      case Cards.Same(String name) ->
          annotations.put(KubeVipNames.SERVICE_INTERFACE, Optional.of(name));
      case Cards.Different _ -> {
        // Each node finds its own card by the subnet of the address, which DHCP does not tell.
        if (!named && !balancer.isDhcp()) {
          annotations.put(KubeVipNames.SERVICE_INTERFACE, Optional.of(BY_ADDRESS));
        }
      }
      case Cards.Absent _, Cards.Unknown _ -> {}
    }
    return new ServiceMarks(annotations, Map.of(HarvesterNames.PRIMARY_SERVICE, Optional.empty()));
  }

  /// The same of a Service that shared an address on the host until now, which the guest's VIP
  /// manager was to leave alone.
  static ServiceMarks held(ServiceMarks marks) {
    Map<String, Optional<String>> annotations = new HashMap<>(marks.annotations());
    if (annotations.containsKey(KubeVipNames.LOAD_BALANCER_IPS)) {
      annotations.put(KubeVipNames.IGNORE, Optional.empty());
    }
    return new ServiceMarks(annotations, marks.labels());
  }

  /// Whether the Service's owner reads already that nobody holds the address.
  static boolean wasToldUnheld(V1Service service) {
    var status = service.getStatus();
    List<V1Condition> conditions = status == null ? null : status.getConditions();
    return conditions != null
        && conditions.stream()
            .anyMatch(condition ->
                ThresherNames.LOAD_BALANCER_READY.equals(condition.getType())
                    && NOT_HELD.equals(condition.getReason()));
  }

  /// How far it is while nobody answers an address that the guest's VIP manager was told.
  ///
  /// @param addresses the addresses; those of DHCP are not known yet
  /// @param waited how long it has been told
  static State unanswered(List<String> addresses, Duration waited) {
    boolean dhcp =
        addresses.contains(HarvesterNames.DHCP_ADDRESS_V4)
            || addresses.contains(HarvesterNames.DHCP_ADDRESS_V6);
    String what = dhcp ? "an address of a DHCP server" : String.join(", ", addresses);
    if (waited.compareTo(Verdict.ANSWER_PATIENCE) < 0) {
      return new State.RetryAfter(
          Verdict.ANSWER_PATIENCE.minus(waited), "a VIP manager of this cluster to hold " + what);
    }
    return new State.Blocked(
        NOT_HELD,
        "for "
            + Verdict.ANSWER_PATIENCE.toSeconds()
            + " s no node of this cluster has held "
            + what
            + ", which annotation "
            + KubeVipNames.LOAD_BALANCER_IPS
            + " tells its VIP manager to; see whether the Service has ready pods, and whether"
            + " vip-manager or kube-vip runs on the nodes and looks after Services"
            + " (svc_enable=true), or create the Service again with annotation "
            + ThresherNames.PLACEMENT
            + "=host");
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

  /// What the owner should know of the nodes on a network.
  static Optional<Notice> reservation(String network, Cards cards) {
    String about = "network \"" + network + "\" (annotation " + HarvesterNames.NETWORK + ")";
    return switch (cards) {
      case Cards.Same _, Cards.Unknown _ -> Optional.empty();
      case Cards.Absent(List<String> known) ->
          Optional.of(
              new Notice(
                  "NetworkUnknown",
                  about
                      + " is on no node; "
                      + (known.isEmpty()
                          ? "no network is"
                          : "these are: " + String.join(", ", known))
                      + "; name one of them, or give the nodes a card on it"));
      case Cards.Different(var byNode, List<String> without) ->
          Optional.of(notOnAllNodes(about, Listing.of(byNode.entrySet()), without));
    };
  }

  private static Notice notOnAllNodes(String network, String cards, List<String> without) {
    String those = without.isEmpty() ? "" : Listing.of(without) + " are not on it at all; ";
    return new Notice(
        "NetworkNotOnAllNodes",
        network
            + " is not on a card of one name on all nodes: "
            + cards
            + "; "
            + those
            + "give all nodes the same cards");
  }
}
