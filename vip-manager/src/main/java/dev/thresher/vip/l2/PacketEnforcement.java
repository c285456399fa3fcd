package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Ipv6Groups;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.Sysctl;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// [Enforcement] by packet sockets and a gate in the kernel. One [InterfaceLoop] per interface on
/// which an address was ever held; they stay open, so that taking over costs no set-up.
public final class PacketEnforcement implements Enforcement {
  private static final Logger LOG = LoggerFactory.getLogger(PacketEnforcement.class);

  /// RFC 8200 5: below it the kernel has no IPv6 on an interface.
  private static final int LEAST_MTU_OF_IPV6 = 1280;

  private enum State {
    NEW,
    STARTED,
    STOPPED
  }

  private final NodeNetwork network;
  private final AddressGate gate;
  private final boolean icmp;
  private final Pace pace;
  private final LongSupplier nanoTime;
  private final DoubleSupplier random;
  private final EventDelivery events = new EventDelivery();

  /// Guards everything below. Under it: system calls that do not wait, and the loops' own locks; no
  /// listener is called, and no thread is waited for.
  private final Object lock = new Object();

  private final Ipv6Groups groups = new Ipv6Groups();
  private final Map<String, InterfaceLoop> loops = new HashMap<>();
  private final Map<InetAddress, String> interfaces = new HashMap<>();
  private final Map<String, Way> seen = new HashMap<>();
  private State state = State.NEW;

  /// @param network followed already
  /// @param icmp whether echo requests are answered
  /// @param nanoTime monotonic, as [System#nanoTime()]
  /// @param random uniform in [0, 1); any thread
  public PacketEnforcement(
      NodeNetwork network,
      AddressGate gate,
      boolean icmp,
      Pace pace,
      LongSupplier nanoTime,
      DoubleSupplier random) {
    this.network = network;
    this.gate = gate;
    this.icmp = icmp;
    this.pace = pace;
    this.nanoTime = nanoTime;
    this.random = random;
  }

  /// With the system's clock and real randomness.
  ///
  /// @param network followed already
  /// @param icmp whether echo requests are answered
  public static PacketEnforcement onThisNode(
      NodeNetwork network, AddressGate gate, boolean icmp, Pace pace) {
    return new PacketEnforcement(
        network,
        gate,
        icmp,
        pace,
        System::nanoTime,
        () -> ThreadLocalRandom.current().nextDouble());
  }

  @Override
  public void start() {
    synchronized (lock) {
      if (state != State.NEW) {
        throw new IllegalStateException("the enforcement was started before");
      }
      gate.install();
      state = State.STARTED;
      events.start();
      WarmUp.run(network.current());
    }
    network.onChange(this::networkChanged);
  }

  @Override
  public void stop() {
    List<InterfaceLoop> stopped;
    synchronized (lock) {
      if (state != State.STARTED) {
        return;
      }
      state = State.STOPPED;
      stopped = List.copyOf(loops.values());
      for (InterfaceLoop loop : stopped) {
        loop.addresses().forEach(loop::release);
        loop.stop();
      }
      loops.clear();
      interfaces.clear();
      groups.close();
      gate.remove();
    }
    events.stop();
    try {
      for (InterfaceLoop loop : stopped) {
        loop.awaitStopped();
      }
    } catch (InterruptedException e) {
      // Nothing is answered any more; the threads end by themselves.
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void onEvent(Consumer<EnforcementEvent> listener) {
    events.add(listener);
  }

  @Override
  public Set<HeldAddress> held() {
    synchronized (lock) {
      return loops.values().stream()
          .flatMap(loop ->
              loop.answered().stream().map(address -> new HeldAddress(address, loop.link().name())))
          .collect(Collectors.toUnmodifiableSet());
    }
  }

  @Override
  public HoldOutcome hold(HeldAddress address, Claim claim) {
    return Objects.requireNonNull(holdAll(Map.of(address, claim)).get(address));
  }

  @Override
  public Map<HeldAddress, HoldOutcome> holdAll(Map<HeldAddress, Claim> addresses) {
    Map<HeldAddress, HoldOutcome> outcomes = new HashMap<>();
    synchronized (lock) {
      if (state != State.STARTED) {
        var refused = new HoldOutcome.Refused("the enforcement is " + state + ", must be STARTED");
        addresses.keySet().forEach(address -> outcomes.put(address, refused));
        return outcomes;
      }
      Map<InetAddress, HeldAddress> added = new HashMap<>();
      for (HeldAddress address : addresses.keySet()) {
        String before = interfaces.get(address.address());
        if (before != null && !before.equals(address.interfaceName())) {
          let(Set.of(address.address()));
        }
        if (!interfaces.containsKey(address.address())) {
          ready(address)
              .ifPresentOrElse(
                  reason -> outcomes.put(address, new HoldOutcome.Refused(reason)),
                  () -> added.put(address.address(), address));
        }
      }
      openGate(added)
          .ifPresent(reason ->
              added
                  .values()
                  .forEach(address -> outcomes.put(address, new HoldOutcome.Refused(reason))));
      addresses.forEach((address, claim) -> {
        if (!outcomes.containsKey(address)) {
          InterfaceLoop loop = Objects.requireNonNull(loops.get(address.interfaceName()));
          loop.hold(address.address(), claim);
          outcomes.put(
              address,
              loop.answers(address.address())
                  ? new HoldOutcome.Holding()
                  : new HoldOutcome.Probing());
        }
      });
    }
    return outcomes;
  }

  @Override
  public void prepare(Set<String> interfaceNames) {
    synchronized (lock) {
      if (state == State.STARTED) {
        interfaceNames.forEach(name -> network.current().link(name).ifPresent(this::serve));
      }
    }
  }

  /// What keeps an interface from being served; empty if it is.
  private Optional<String> serve(Link link) {
    if (!link.ethernet() || link.mac() == null) {
      return Optional.of(
          "interface "
              + link.name()
              + " is not Ethernet (TUN, WireGuard and IP over InfiniBand are not); ARP and neighbour"
              + " discovery need a MAC address: name another interface");
    }
    return openLoop(link);
  }

  /// Makes all but the gate ready for an address; empty if it is.
  private Optional<String> ready(HeldAddress held) {
    String name = held.interfaceName();
    Optional<Link> link = network.current().link(name);
    if (link.isEmpty()) {
      return Optional.of("there is no interface " + name + " on this node");
    }
    Optional<String> refusal = serve(link.get());
    if (refusal.isPresent()) {
      return refusal;
    }
    if (held.address() instanceof Inet6Address v6) {
      if (link.get().mtu() < LEAST_MTU_OF_IPV6) {
        return Optional.of(
            "IPv6 needs an MTU of "
                + LEAST_MTU_OF_IPV6
                + ", interface "
                + name
                + " has "
                + link.get().mtu()
                + "; raise it, or name another interface");
      }
      if (Sysctl.lacksIpv6(name)) {
        return Optional.of(
            "IPv6 is switched off on interface "
                + name
                + "; set net.ipv6.conf."
                + name
                + ".disable_ipv6 to 0");
      }
      if (groups.join(link.get().index(), IpBytes.solicitedNode(v6))
          instanceof SystemResult.Failed<Integer> failed) {
        return Optional.of("solicitations would not arrive: " + failed);
      }
    }
    return Optional.empty();
  }

  /// Opens the gate for addresses that are ready; empty if it is open.
  private Optional<String> openGate(Map<InetAddress, HeldAddress> added) {
    if (added.isEmpty()) {
      return Optional.empty();
    }
    try {
      gate.open(Set.copyOf(added.keySet()));
    } catch (IllegalStateException e) {
      added.forEach((address, held) ->
          leaveGroup(
              Objects.requireNonNull(loops.get(held.interfaceName())).link().index(), address));
      return Optional.of(Objects.requireNonNullElse(e.getMessage(), "the gate refused"));
    }
    added.forEach((address, held) -> interfaces.put(address, held.interfaceName()));
    return Optional.empty();
  }

  private Optional<String> openLoop(Link link) {
    if (loops.containsKey(link.name())) {
      return Optional.empty();
    }
    Responder responder =
        new Responder(
            Objects.requireNonNull(link.mac()),
            ownMacs(network.current()),
            Sysctl.forwardsIpv6(link.name()),
            link.running(),
            icmp,
            pace,
            random,
            nanoTime.getAsLong());
    try {
      gate.guard(link);
    } catch (IllegalStateException e) {
      return Optional.of(Objects.requireNonNullElse(e.getMessage(), "the gate refused"));
    }
    return switch (InterfaceLoop.open(
        link,
        responder,
        nanoTime,
        action -> events.add(() -> handle(link.name(), action)),
        () -> events.add(() -> failed(link)))) {
      case SystemResult.Failed<InterfaceLoop> failed ->
          Optional.of("interface " + link.name() + " cannot be served: " + failed);
      case SystemResult.Ok<InterfaceLoop>(InterfaceLoop loop) -> {
        loops.put(link.name(), loop);
        seen.put(link.name(), Way.of(network.current(), link));
        yield Optional.empty();
      }
    };
  }

  @Override
  public void release(InetAddress address) {
    releaseAll(Set.of(address));
  }

  @Override
  public void releaseAll(Set<InetAddress> addresses) {
    synchronized (lock) {
      let(addresses);
    }
  }

  @Override
  public void known(Set<InetAddress> addresses) {
    synchronized (lock) {
      if (state != State.STARTED) {
        return;
      }
      try {
        gate.silence(addresses);
      } catch (IllegalStateException e) {
        // What is not held is answered only if somebody left it on an interface.
        LOG.atError().setCause(e).log("the kernel may answer for addresses that others hold");
      }
    }
  }

  /// Under the lock: stops answering, then closes what was open for the addresses.
  private void let(Set<InetAddress> addresses) {
    Map<InetAddress, InterfaceLoop> held = new HashMap<>();
    for (InetAddress address : addresses) {
      String name = interfaces.remove(address);
      InterfaceLoop loop = name == null ? null : loops.get(name);
      if (loop != null) {
        loop.release(address);
        held.put(address, loop);
      }
    }
    if (!held.isEmpty()) {
      closeGate(held.keySet());
      held.forEach((address, loop) -> leaveGroup(loop.link().index(), address));
    }
  }

  private void leaveGroup(int interfaceIndex, InetAddress address) {
    if (address instanceof Inet6Address v6) {
      groups.leave(interfaceIndex, IpBytes.solicitedNode(v6));
    }
  }

  private void closeGate(Set<InetAddress> addresses) {
    try {
      gate.close(addresses);
    } catch (IllegalStateException e) {
      // Nothing answers any more; a gate left open refuses traffic that does not come here.
      LOG.atError().setCause(e).log("the gate could not be closed");
    }
  }

  /// On the event thread, without a lock.
  private Optional<EnforcementEvent> handle(String name, Responder.Action action) {
    return switch (action) {
      case Responder.Action.Send _ -> Optional.empty();
      case Responder.Action.Answering(InetAddress address) ->
          Optional.of(new EnforcementEvent.Answering(new HeldAddress(address, name)));
      case Responder.Action.ForeignClaim(InetAddress address, MacAddress by) ->
          Optional.of(new EnforcementEvent.ForeignClaim(new HeldAddress(address, name), by));
      case Responder.Action.Conflict(InetAddress address, MacAddress by) -> {
        synchronized (lock) {
          InterfaceLoop loop = loops.get(name);
          // Unless it was asked for again meanwhile.
          if (loop != null
              && name.equals(interfaces.get(address))
              && !loop.addresses().contains(address)) {
            let(Set.of(address));
          }
        }
        yield Optional.of(new EnforcementEvent.Conflict(new HeldAddress(address, name), by));
      }
    };
  }

  /// On the event thread, without a lock: the thread of an interface ended.
  private Optional<EnforcementEvent> failed(Link link) {
    synchronized (lock) {
      InterfaceLoop loop = loops.get(link.name());
      // Unless the interface vanished, or came anew, meanwhile.
      if (loop != null && loop.link().index() == link.index()) {
        loops.remove(link.name());
        gone(loop);
      }
    }
    return Optional.empty();
  }

  private void networkChanged(LinuxNetwork now) {
    synchronized (lock) {
      if (state != State.STARTED) {
        return;
      }
      Set<MacAddress> own = ownMacs(now);
      for (Iterator<InterfaceLoop> each = loops.values().iterator(); each.hasNext(); ) {
        InterfaceLoop loop = each.next();
        Optional<Link> link =
            now.link(loop.link().index())
                .filter(found -> found.name().equals(loop.link().name()))
                .filter(found -> found.mac() != null);
        if (link.isPresent()) {
          linkChanged(loop, Way.of(now, link.get()), own);
        } else {
          each.remove();
          gone(loop);
        }
      }
    }
  }

  private void linkChanged(InterfaceLoop loop, Way way, Set<MacAddress> own) {
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
    if (link.running() != before.running()) {
      EnforcementEvent event =
          link.running()
              ? new EnforcementEvent.LinkUp(link.name())
              : new EnforcementEvent.LinkDown(link.name());
      events.add(() -> Optional.of(event));
    }
  }

  private void gone(InterfaceLoop loop) {
    String name = loop.link().name();
    loop.addresses().forEach(loop::release);
    loop.stop();
    seen.remove(name);
    Set<InetAddress> released = new HashSet<>();
    interfaces
        .entrySet()
        .removeIf(entry -> entry.getValue().equals(name) && released.add(entry.getKey()));
    released.forEach(address -> leaveGroup(loop.link().index(), address));
    closeGate(released);
    gate.unguard(loop.link());
    events.add(() -> Optional.of(new EnforcementEvent.InterfaceGone(name, released)));
  }

  private static Set<MacAddress> ownMacs(LinuxNetwork network) {
    return network.links().stream()
        .flatMap(link -> Optional.ofNullable(link.mac()).stream())
        .filter(mac -> !mac.equals(MacAddress.ZERO))
        .collect(Collectors.toUnmodifiableSet());
  }
}
