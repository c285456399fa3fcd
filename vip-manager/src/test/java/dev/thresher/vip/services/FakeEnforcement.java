package dev.thresher.vip.services;

import dev.thresher.vip.l2.Claim;
import dev.thresher.vip.l2.Enforcement;
import dev.thresher.vip.l2.EnforcementEvent;
import dev.thresher.vip.l2.HeldAddress;
import dev.thresher.vip.l2.HoldOutcome;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// An enforcement without a network. What all nodes of a test hold is seen by a [Wire], which
/// complains of two holders.
final class FakeEnforcement implements Enforcement {

  /// The link between the nodes.
  static final class Wire {
    private final Map<InetAddress, Set<String>> holders = new HashMap<>();
    private final List<String> violations = new CopyOnWriteArrayList<>();

    synchronized void take(String node, InetAddress address) {
      Set<String> now = holders.computeIfAbsent(address, a -> new HashSet<>());
      now.add(node);
      if (now.size() > 1) {
        violations.add("two holders of " + address + ": " + now);
      }
    }

    synchronized void leave(String node, InetAddress address) {
      holders.getOrDefault(address, new HashSet<>()).remove(node);
    }

    synchronized Set<String> holders(InetAddress address) {
      return Set.copyOf(holders.getOrDefault(address, Set.of()));
    }

    synchronized void died(String node) {
      holders.values().forEach(nodes -> nodes.remove(node));
    }

    List<String> violations() {
      return List.copyOf(violations);
    }
  }

  private final String node;
  private final Wire wire;
  private final List<Consumer<EnforcementEvent>> listeners = new CopyOnWriteArrayList<>();
  private final Map<InetAddress, HeldAddress> held = new HashMap<>();
  final List<String> log = new CopyOnWriteArrayList<>();
  volatile boolean probes;
  volatile Set<InetAddress> known = Set.of();
  volatile String refusal = "";
  private boolean dead;

  FakeEnforcement(String node, Wire wire) {
    this.node = node;
    this.wire = wire;
  }

  @Override
  public void known(Set<InetAddress> addresses) {
    known = Set.copyOf(addresses);
  }

  @Override
  public void start() {}

  @Override
  public synchronized void stop() {
    Set.copyOf(held.keySet()).forEach(this::release);
  }

  @Override
  public synchronized HoldOutcome hold(HeldAddress address, Claim claim) {
    log.add("hold " + address + " " + claim);
    if (!refusal.isEmpty()) {
      return new HoldOutcome.Refused(refusal);
    }
    if (dead) {
      return new HoldOutcome.Refused("dead");
    }
    if (probes && claim == Claim.FIRST) {
      return new HoldOutcome.Probing();
    }
    held.put(address.address(), address);
    wire.take(node, address.address());
    return new HoldOutcome.Holding();
  }

  @Override
  public synchronized void release(InetAddress address) {
    log.add("release " + address.getHostAddress());
    if (held.remove(address) != null) {
      wire.leave(node, address);
    }
  }

  @Override
  public synchronized Set<HeldAddress> held() {
    return held.values().stream().collect(Collectors.toSet());
  }

  @Override
  public void onEvent(Consumer<EnforcementEvent> listener) {
    listeners.add(listener);
  }

  void tell(EnforcementEvent event) {
    listeners.forEach(listener -> listener.accept(event));
  }

  /// As after SIGKILL: nothing is answered from here any more, whatever the process still says.
  synchronized void die() {
    dead = true;
    held.clear();
    wire.died(node);
  }
}
