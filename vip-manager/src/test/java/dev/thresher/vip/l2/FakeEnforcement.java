package dev.thresher.vip.l2;

import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// An [Enforcement] without a kernel: it remembers what it was asked and says what the test wants
/// the network to say. Events are delivered on the caller's thread.
public final class FakeEnforcement implements Enforcement {

  /// One call, in order.
  public sealed interface Call {
    record Started() implements Call {}

    record Stopped() implements Call {}

    record Held(HeldAddress address, Claim claim) implements Call {}

    record Released(InetAddress address) implements Call {}
  }

  private final List<Call> calls = new ArrayList<>();
  private final Map<InetAddress, HeldAddress> held = new LinkedHashMap<>();
  private final Map<InetAddress, MacAddress> squatters = new HashMap<>();
  private final Map<InetAddress, String> refusals = new HashMap<>();
  private final List<Consumer<EnforcementEvent>> listeners = new ArrayList<>();

  /// A first claim of this address will meet a stranger.
  public synchronized void squat(InetAddress address, MacAddress owner) {
    squatters.put(address, owner);
  }

  /// Holding this address will be refused.
  public synchronized void refuse(InetAddress address, String reason) {
    refusals.put(address, reason);
  }

  /// Says something to the listeners.
  public void emit(EnforcementEvent event) {
    List<Consumer<EnforcementEvent>> to;
    synchronized (this) {
      if (event instanceof EnforcementEvent.InterfaceGone gone) {
        gone.released().forEach(held::remove);
      }
      to = List.copyOf(listeners);
    }
    to.forEach(listener -> listener.accept(event));
  }

  /// What was asked so far.
  public synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  @Override
  public synchronized void start() {
    calls.add(new Call.Started());
  }

  @Override
  public synchronized void stop() {
    calls.add(new Call.Stopped());
    held.clear();
  }

  @Override
  public HoldOutcome hold(HeldAddress address, Claim claim) {
    EnforcementEvent event;
    synchronized (this) {
      calls.add(new Call.Held(address, claim));
      String refusal = refusals.get(address.address());
      if (refusal != null) {
        return new HoldOutcome.Refused(refusal);
      }
      if (address.equals(held.get(address.address()))) {
        return new HoldOutcome.Holding();
      }
      MacAddress squatter = squatters.get(address.address());
      if (squatter != null && claim == Claim.FIRST) {
        event = new EnforcementEvent.Conflict(address, squatter);
      } else {
        held.put(address.address(), address);
        event = new EnforcementEvent.Answering(address);
      }
    }
    emit(event);
    return claim == Claim.FIRST ? new HoldOutcome.Probing() : new HoldOutcome.Holding();
  }

  @Override
  public synchronized void release(InetAddress address) {
    calls.add(new Call.Released(address));
    held.remove(address);
  }

  @Override
  public void known(Set<InetAddress> addresses) {}

  @Override
  public synchronized Set<HeldAddress> held() {
    return Set.copyOf(held.values());
  }

  @Override
  public synchronized void onEvent(Consumer<EnforcementEvent> listener) {
    listeners.add(listener);
  }
}
