package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.VirtualMac;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// [Enforcement] by packet sockets and a gate in the kernel. One [InterfaceLoop] per interface on
/// which an address was ever held; they stay open, so that taking over costs no set-up.
public final class PacketEnforcement implements Enforcement {
  private static final Logger LOG = LoggerFactory.getLogger(PacketEnforcement.class);

  private enum State {
    NEW,
    STARTED,
    STOPPED
  }

  private final NodeNetwork network;
  private final AddressGate gate;
  private final boolean rehearsed;
  private final EventDelivery events = new EventDelivery();

  /// Guards everything below. Under it: system calls that do not wait, and the loops' own locks; no
  /// listener is called, and no thread is waited for.
  private final Object lock = new Object();

  private final ServedInterfaces served;
  private final Map<InetAddress, String> interfaces = new HashMap<>();
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
    this(network, gate, icmp, pace, nanoTime, random, true);
  }

  /// @param rehearsed whether the start walks through what holding needs; not for the rehearsal
  PacketEnforcement(
      NodeNetwork network,
      AddressGate gate,
      boolean icmp,
      Pace pace,
      LongSupplier nanoTime,
      DoubleSupplier random,
      boolean rehearsed) {
    this.network = network;
    this.gate = gate;
    this.rehearsed = rehearsed;
    this.served =
        new ServedInterfaces(
            network,
            gate,
            new ServedInterfaces.Manner(icmp, pace, nanoTime, random),
            (name, action) -> events.add(() -> handle(name, action)),
            link -> events.add(() -> failed(link)));
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
      if (rehearsed) {
        LOG.atInfo()
            .addKeyValue("device", "none")
            .addKeyValue(
                "reason",
                "the service proxy takes packets for addresses that the node does not have")
            .log("addresses of Services are answered by this process and are on no interface");
        WarmUp.run(network.current(), gate.takesVirtualMacs());
      }
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
      stopped = served.stop();
      interfaces.clear();
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
      return served.loops().stream()
          .flatMap(loop ->
              loop.answered().stream().map(address -> new HeldAddress(address, loop.link().name())))
          .collect(Collectors.toUnmodifiableSet());
    }
  }

  @Override
  public Optional<MacAddress> virtualMac(InetAddress address) {
    return gate.takesVirtualMacs() ? Optional.of(VirtualMac.of(address)) : Optional.empty();
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
          served
              .open(address)
              .ifPresentOrElse(
                  reason -> outcomes.put(address, new HoldOutcome.Refused(reason)),
                  () -> added.put(address.address(), address));
        }
      }
      openGate(added)
          .forEach((address, reason) -> outcomes.put(address, new HoldOutcome.Refused(reason)));
      // What another node answered a moment ago is answered first. Who probes must hear others who
      // do.
      hold(addresses, Claim.TAKE_OVER, outcomes);
      // What was announced is sent here from now on; questions come later.
      added.values().forEach(address -> require(served::take, address, outcomes));
      added.values().forEach(address -> require(served::listen, address, outcomes));
      hold(addresses, Claim.FIRST, outcomes);
    }
    return outcomes;
  }

  /// Under the lock: begins to answer or probe those of one kind that were not refused.
  private void hold(
      Map<HeldAddress, Claim> addresses, Claim kind, Map<HeldAddress, HoldOutcome> outcomes) {
    addresses.forEach((address, claim) -> {
      if (claim == kind && !outcomes.containsKey(address)) {
        InterfaceLoop loop = loop(address);
        loop.hold(address.address(), claim);
        outcomes.put(
            address,
            loop.answers(address.address())
                ? new HoldOutcome.Holding()
                : new HoldOutcome.Probing());
      }
    });
  }

  /// Under the lock: has what is meant for an address that was opened come here; if it cannot, the
  /// address is not held.
  private void require(
      Function<HeldAddress, Optional<String>> step,
      HeldAddress address,
      Map<HeldAddress, HoldOutcome> outcomes) {
    if (outcomes.get(address) instanceof HoldOutcome.Refused) {
      return;
    }
    step.apply(address)
        .ifPresent(reason -> {
          let(Set.of(address.address()));
          outcomes.put(address, new HoldOutcome.Refused(reason));
        });
  }

  @Override
  public void prepare(Set<String> interfaceNames) {
    synchronized (lock) {
      if (state == State.STARTED) {
        interfaceNames.forEach(served::prepare);
      }
    }
  }

  /// Opens the gate for addresses that are ready, for all of them at once or, if it refuses one,
  /// for each by itself.
  ///
  /// @return why it was not opened for some
  private Map<HeldAddress, String> openGate(Map<InetAddress, HeldAddress> added) {
    if (added.isEmpty()) {
      return Map.of();
    }
    Map<InetAddress, Link> links = new HashMap<>();
    added.forEach((address, held) -> links.put(address, loop(held).link()));
    try {
      gate.open(links);
    } catch (IllegalStateException e) {
      Map<HeldAddress, String> refused = new HashMap<>();
      added.forEach((address, held) -> {
        if (added.size() > 1) {
          refused.putAll(openGate(Map.of(address, held)));
        } else {
          refused.put(held, Objects.requireNonNullElse(e.getMessage(), "the gate refused"));
        }
      });
      return refused;
    }
    added.forEach((address, held) -> interfaces.put(address, held.interfaceName()));
    return Map.of();
  }

  private InterfaceLoop loop(HeldAddress held) {
    return served.loop(held.interfaceName()).orElseThrow();
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
      if (name != null) {
        served
            .loop(name)
            .ifPresent(loop -> {
              loop.release(address);
              held.put(address, loop);
            });
      }
    }
    if (!held.isEmpty()) {
      closeGate(held.keySet());
      held.forEach((address, loop) -> served.leave(loop, address));
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
          boolean asked =
              served.loop(name).filter(loop -> loop.addresses().contains(address)).isPresent();
          // Unless it was asked for again meanwhile.
          if (!asked && name.equals(interfaces.get(address))) {
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
      // Unless the interface vanished, or came anew, meanwhile.
      served
          .loop(link.name())
          .filter(loop -> loop.link().index() == link.index())
          .ifPresent(this::gone);
    }
    return Optional.empty();
  }

  private void networkChanged(LinuxNetwork now) {
    synchronized (lock) {
      if (state != State.STARTED) {
        return;
      }
      ServedInterfaces.Changes changes = served.networkChanged(now);
      changes.gone().forEach(this::gone);
      changes.links().forEach(event -> events.add(() -> Optional.of(event)));
    }
  }

  private void gone(InterfaceLoop loop) {
    String name = loop.link().name();
    served.forget(loop);
    Set<InetAddress> released = new HashSet<>();
    interfaces
        .entrySet()
        .removeIf(entry -> entry.getValue().equals(name) && released.add(entry.getKey()));
    released.forEach(address -> served.leave(loop, address));
    closeGate(released);
    gate.unguard(loop.link());
    events.add(() -> Optional.of(new EnforcementEvent.InterfaceGone(name, released)));
  }
}
