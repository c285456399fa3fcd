package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Ipv6Groups;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.Sysctl;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.linux.UnicastMacs;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.VirtualMac;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The interfaces on which an address was ever held, each with its [InterfaceLoop]: opened when an
/// address asks for one, told of changes of the node's network, closed with it. Under the lock of
/// [PacketEnforcement].
final class ServedInterfaces {

  /// RFC 8200 5: below it the kernel has no IPv6 on an interface.
  private static final int LEAST_MTU_OF_IPV6 = 1280;

  /// How addresses are answered.
  ///
  /// @param icmp whether echo requests are
  /// @param nanoTime monotonic, as [System#nanoTime()]
  /// @param random uniform in [0, 1); any thread
  record Manner(boolean icmp, Pace pace, LongSupplier nanoTime, DoubleSupplier random) {}

  /// What a change of the network means.
  ///
  /// @param gone interfaces that are not there any more; to be forgotten
  /// @param links links that came up or went down
  record Changes(List<InterfaceLoop> gone, List<EnforcementEvent> links) {}

  private final NodeNetwork network;
  private final AddressGate gate;
  private final Manner manner;
  private final BiConsumer<String, Responder.Action> onAction;
  private final Consumer<Link> onFailure;
  private final Ipv6Groups groups = new Ipv6Groups();

  /// Opened with the first interface, if addresses have MACs of their own.
  private @Nullable UnicastMacs macs;

  private final Map<String, InterfaceLoop> loops = new HashMap<>();
  private final Map<String, Way> seen = new HashMap<>();

  /// @param onAction hears what a loop wants beside sending, by its interface; must only put it
  ///   somewhere
  /// @param onFailure hears of an interface whose thread ended unasked; likewise
  ServedInterfaces(
      NodeNetwork network,
      AddressGate gate,
      Manner manner,
      BiConsumer<String, Responder.Action> onAction,
      Consumer<Link> onFailure) {
    this.network = network;
    this.gate = gate;
    this.manner = manner;
    this.onAction = onAction;
    this.onFailure = onFailure;
  }

  Collection<InterfaceLoop> loops() {
    return List.copyOf(loops.values());
  }

  Optional<InterfaceLoop> loop(String name) {
    return Optional.ofNullable(loops.get(name));
  }

  /// Makes the interface of an address ready for it, but for [#listen]; a reason if it cannot be.
  Optional<String> open(HeldAddress held) {
    String name = held.interfaceName();
    Optional<Link> link = network.current().link(name);
    if (link.isEmpty()) {
      return Optional.of("there is no interface " + name + " on this node");
    }
    Optional<String> refusal = serve(link.get());
    return refusal.isEmpty() && held.address() instanceof Inet6Address
        ? unfitForIpv6(link.get())
        : refusal;
  }

  /// Has frames for the virtual MAC of an address, if it has one, come to its interface, which
  /// [#open] made ready; a reason if they cannot. The kernel does it under the lock of [#listen].
  Optional<String> take(HeldAddress held) {
    UnicastMacs taking = macs;
    InterfaceLoop loop = loops.get(held.interfaceName());
    return taking != null
            && loop != null
            && taking.take(loop.link().index(), VirtualMac.of(held.address()))
                instanceof SystemResult.Failed<Integer> failed
        ? Optional.of("what is sent to the address would not arrive: " + failed)
        : Optional.empty();
  }

  /// Has solicitations of an address come to its interface, which [#open] made ready; a reason if
  /// they cannot. The kernel does it under a lock that it holds for all changes of the network: it
  /// may take ten milliseconds.
  Optional<String> listen(HeldAddress held) {
    InterfaceLoop loop = loops.get(held.interfaceName());
    return held.address() instanceof Inet6Address v6
            && loop != null
            && groups.join(loop.link().index(), IpBytes.solicitedNode(v6))
                instanceof SystemResult.Failed<Integer> failed
        ? Optional.of("solicitations would not arrive: " + failed)
        : Optional.empty();
  }

  /// Opens what holding an address there needs, if that is possible.
  void prepare(String name) {
    network.current().link(name).ifPresent(this::serve);
  }

  /// What keeps an interface from being served; empty if it is.
  private Optional<String> serve(Link link) {
    return link.ethernet() && link.mac() != null
        ? openLoop(link)
        : Optional.of(
            "interface "
                + link.name()
                + " is not Ethernet (TUN, WireGuard and IP over InfiniBand are not); ARP and"
                + " neighbour discovery need a MAC address: name another interface");
  }

  private static Optional<String> unfitForIpv6(Link link) {
    if (link.mtu() < LEAST_MTU_OF_IPV6) {
      return Optional.of(
          "IPv6 needs an MTU of "
              + LEAST_MTU_OF_IPV6
              + ", interface "
              + link.name()
              + " has "
              + link.mtu()
              + "; raise it, or name another interface");
    }
    if (Sysctl.lacksIpv6(link.name())) {
      return Optional.of(
          "IPv6 is switched off on interface "
              + link.name()
              + "; set net.ipv6.conf."
              + link.name()
              + ".disable_ipv6 to 0");
    }
    return Optional.empty();
  }

  private Optional<String> openLoop(Link link) {
    if (loops.containsKey(link.name())) {
      return Optional.empty();
    }
    boolean virtualMac = gate.takesVirtualMacs();
    if (virtualMac && macs == null) {
      switch (UnicastMacs.open()) {
        case SystemResult.Failed<UnicastMacs> failed -> {
          return Optional.of("frames for virtual MACs would not arrive: " + failed);
        }
        case SystemResult.Ok<UnicastMacs>(UnicastMacs opened) -> macs = opened;
      }
    }
    Responder responder =
        new Responder(
            Objects.requireNonNull(link.mac()),
            ownMacs(network.current()),
            Sysctl.forwardsIpv6(link.name()),
            link.running(),
            manner.icmp,
            virtualMac,
            manner.pace,
            manner.random,
            manner.nanoTime.getAsLong());
    try {
      gate.guard(link);
    } catch (IllegalStateException e) {
      return Optional.of(Objects.requireNonNullElse(e.getMessage(), "the gate refused"));
    }
    return switch (InterfaceLoop.open(
        link,
        responder,
        manner.nanoTime,
        action -> onAction.accept(link.name(), action),
        () -> onFailure.accept(link))) {
      case SystemResult.Failed<InterfaceLoop> failed ->
          Optional.of("interface " + link.name() + " cannot be served: " + failed);
      case SystemResult.Ok<InterfaceLoop>(InterfaceLoop loop) -> {
        loops.put(link.name(), loop);
        seen.put(link.name(), Way.of(network.current(), link));
        yield Optional.empty();
      }
    };
  }

  /// The interface need not hear solicitations of the address, nor frames for its virtual MAC, any
  /// more.
  void leave(InterfaceLoop loop, InetAddress address) {
    UnicastMacs taking = macs;
    if (taking != null) {
      taking.leave(loop.link().index(), VirtualMac.of(address));
    }
    if (address instanceof Inet6Address v6) {
      groups.leave(loop.link().index(), IpBytes.solicitedNode(v6));
    }
  }

  /// Tells every loop how its interface is now.
  Changes networkChanged(LinuxNetwork now) {
    Set<MacAddress> own = ownMacs(now);
    List<InterfaceLoop> gone = new ArrayList<>();
    List<EnforcementEvent> events = new ArrayList<>();
    for (InterfaceLoop loop : loops.values()) {
      Optional<Link> link =
          now.link(loop.link().index())
              .filter(found -> found.name().equals(loop.link().name()))
              .filter(found -> found.mac() != null);
      if (link.isPresent()) {
        linkChanged(loop, Way.of(now, link.get()), own).ifPresent(events::add);
      } else {
        gone.add(loop);
      }
    }
    return new Changes(gone, events);
  }

  private Optional<EnforcementEvent> linkChanged(InterfaceLoop loop, Way way, Set<MacAddress> own) {
    Link link = way.link();
    Way earlier = Objects.requireNonNull(seen.put(link.name(), way));
    Link before = earlier.link();
    MacAddress mac = Objects.requireNonNull(link.mac());
    boolean cameUp = link.running() && !before.running();
    boolean moved = way.differs(earlier);
    if (cameUp || moved || !mac.equals(before.mac())) {
      groups.report(link.index());
    }
    loop.linkChanged(mac, own, Sysctl.forwardsIpv6(link.name()), link.running(), moved);
    if (link.running() == before.running()) {
      return Optional.empty();
    }
    return Optional.of(
        link.running()
            ? new EnforcementEvent.LinkUp(link.name())
            : new EnforcementEvent.LinkDown(link.name()));
  }

  /// Ends a loop; nothing is answered there any more.
  void forget(InterfaceLoop loop) {
    end(loop);
    loops.remove(loop.link().name());
    seen.remove(loop.link().name());
  }

  /// Ends all of them.
  ///
  /// @return those whose threads may still be about to end
  List<InterfaceLoop> stop() {
    List<InterfaceLoop> stopped = List.copyOf(loops.values());
    stopped.forEach(ServedInterfaces::end);
    loops.clear();
    seen.clear();
    groups.close();
    UnicastMacs taking = macs;
    macs = null;
    if (taking != null) {
      taking.close();
    }
    return stopped;
  }

  private static void end(InterfaceLoop loop) {
    loop.addresses().forEach(loop::release);
    loop.stop();
  }

  private static Set<MacAddress> ownMacs(LinuxNetwork network) {
    return network.links().stream()
        .flatMap(link -> Optional.ofNullable(link.mac()).stream())
        .filter(mac -> !mac.equals(MacAddress.ZERO))
        .collect(Collectors.toUnmodifiableSet());
  }
}
