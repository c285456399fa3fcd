package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.reconcile.Addressing.Refusal;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Whose the ports of a shared address are: no port stands twice.
///
/// A port is that of the member whose host Service has it. Where none has, it is that of the one
/// that was let in with it, else of one that has the address, else of the older one. So an edit
/// takes nothing from anybody, whichever member owns the claim and whoever is looked at first.
final class SharedPorts {

  private static final String CLASH = "PortClash";

  private final Informer<V1Service> services;
  private final GroupPorts letIn = new GroupPorts();

  SharedPorts(Informer<V1Service> services) {
    this.services = services;
  }

  /// Another member.
  ///
  /// @param has whether it has the address already
  /// @param before whether it is the older one
  private record Rival(
      GroupPorts.Member member,
      boolean has,
      boolean before,
      Set<GroupPorts.Port> asks,
      Set<GroupPorts.Port> stands) {}

  /// Whether a member may not have the ports that it asks for. What it has on the host stays as it
  /// is then.
  static boolean isClash(Refusal refusal) {
    return refusal.reason().equals(CLASH);
  }

  /// Lets a member in with all its ports, or says which one is another's.
  ///
  /// @param inside whether it has the address already
  /// @param others the other members, first the oldest
  /// @param older how many of these are older
  /// @param shared the claims of the address
  Optional<Refusal> enter(
      Wish wish, boolean inside, List<LoadBalancer> others, int older, List<Claim> shared) {
    if (others.isEmpty()) {
      return Optional.empty();
    }
    var rivals =
        Stream.iterate(0, i -> i < others.size(), i -> i + 1)
            .map(i -> rival(others.get(i), i < older, shared))
            .toList();
    var me = new GroupPorts.Member(wish.owner(), wish.uid());
    Set<GroupPorts.Port> asks = asked(wish);
    Set<GroupPorts.Port> stands = standing(wish, shared);
    String group = wish.owner().namespace() + "/" + wish.shareGroup();
    for (GroupPorts.Port port : asks) {
      Optional<GroupPorts.Member> held =
          letIn.holder(group, port).filter(one -> one.equals(me) || ask(rivals, one, port));
      for (Rival rival : rivals) {
        boolean taken =
            rival.stands().contains(port)
                ? !stands.contains(port) || rival.before()
                : !stands.contains(port)
                    && rival.asks().contains(port)
                    && held.map(rival.member()::equals)
                        .orElse(rival.has() && (!inside || rival.before()));
        if (taken) {
          return Optional.of(clash(wish, inside, port, shared.getFirst(), rival.member().owner()));
        }
      }
    }
    return letIn
        .enter(
            group,
            me,
            asks,
            one ->
                one.by().equals(me) ? asks.contains(one.port()) : ask(rivals, one.by(), one.port()))
        .map(held -> clash(wish, inside, held.port(), shared.getFirst(), held.by().owner()));
  }

  /// The member is gone.
  void leave(Owner owner) {
    letIn.leave(owner);
  }

  private static boolean ask(List<Rival> rivals, GroupPorts.Member member, GroupPorts.Port port) {
    return rivals.stream()
        .anyMatch(rival -> rival.member().equals(member) && rival.asks().contains(port));
  }

  private Rival rival(LoadBalancer other, boolean before, List<Claim> shared) {
    Wish wish = Wish.of(other);
    boolean has =
        shared.stream().anyMatch(claim -> claim.owner().equals(wish.owner()))
            || Recorded.of(other).stream()
                .anyMatch(address ->
                    shared.stream().anyMatch(claim -> claim.address().equals(address.address())));
    return new Rival(
        new GroupPorts.Member(wish.owner(), wish.uid()),
        has,
        before,
        asked(wish),
        standing(wish, shared));
  }

  /// In the order in which they are asked for.
  private static Set<GroupPorts.Port> asked(Wish wish) {
    return wish.ports().stream()
        .map(port -> new GroupPorts.Port(port.protocol(), port.port()))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /// The ports that the member's own Service has at the address.
  private Set<GroupPorts.Port> standing(Wish wish, List<Claim> shared) {
    ObjectKey key = HostService.key(wish);
    return services
        .get(key)
        .filter(seen -> HostObject.isOf(wish, seen))
        .filter(seen ->
            shared.stream()
                .anyMatch(claim -> HostService.requested(seen).contains(claim.address())))
        .map(SharedPorts::of)
        .orElse(Set.of());
  }

  /// The ports of a Service.
  static Set<GroupPorts.Port> of(V1Service service) {
    List<V1ServicePort> ports = service.getSpec() == null ? null : service.getSpec().getPorts();
    return Objects.requireNonNullElse(ports, List.<V1ServicePort>of()).stream()
        .map(port ->
            new GroupPorts.Port(
                Objects.requireNonNullElse(port.getProtocol(), "TCP"), port.getPort()))
        .collect(Collectors.toSet());
  }

  private static Refusal clash(
      Wish wish, boolean inside, GroupPorts.Port port, Claim shared, Owner other) {
    return new Refusal(
        CLASH,
        "port "
            + port.number()
            + "/"
            + port.protocol()
            + " of "
            + shared.address()
            + " is that of "
            + other
            + " of the same group \""
            + wish.shareGroup()
            + "\"; change one of the two ports"
            + (inside
                ? ", until then the host Service keeps those that it has"
                : ", or leave the group"),
        true);
  }
}
