package dev.thresher.vip.l2;

import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.VirtualMac;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.DoubleSupplier;

/// The answering and announcing of one interface, without sockets: frames and time in, actions out.
///
/// Deterministic: time and randomness are handed in. Not thread-safe; its owner's lock makes
/// decision and sending one step, so that nothing is answered after a release.
final class Responder {
  private static final double ECHO_PER_SECOND = 1000;
  private static final double ECHO_BURST = 200;

  /// What the owner must do, in order.
  sealed interface Action {
    /// Put a frame on the link.
    record Send(Frame frame) implements Action {}

    /// An address is held and was announced just now.
    record Answering(InetAddress address) implements Action {}

    /// A first claim met a stranger, while it was probed or soon after; the address was forgotten.
    record Conflict(InetAddress address, MacAddress by) implements Action {}

    /// A stranger claims a held address.
    record ForeignClaim(InetAddress address, MacAddress by) implements Action {}
  }

  private final Pace pace;
  private final DoubleSupplier random;
  private final boolean icmp;
  private final boolean virtualMac;
  private final TokenBucket echoes;
  private final Map<InetAddress, AddressPhase> phases = new HashMap<>();
  private final Set<InetAddress> answered = new HashSet<>();
  private final Set<InetAddress> probing = new HashSet<>();
  private final Set<InetAddress> unreported = new HashSet<>();
  private final Map<InetAddress, MacAddress> virtualMacs = new HashMap<>();
  private AddressAnswering answering;
  private boolean running;

  /// The first time at which a step is due; to be found anew after a change of the phases. Frames
  /// come far more often than steps, and must not cost a look at each address.
  private long earliest;

  private boolean changed;

  /// @param icmp whether echo requests are answered
  /// @param virtualMac whether each address has a MAC of its own, see [VirtualMac]
  Responder(
      MacAddress mac,
      Set<MacAddress> ownMacs,
      boolean router,
      boolean running,
      boolean icmp,
      boolean virtualMac,
      Pace pace,
      DoubleSupplier random,
      long now) {
    this.pace = pace;
    this.random = random;
    this.icmp = icmp;
    this.virtualMac = virtualMac;
    this.running = running;
    this.echoes = new TokenBucket(ECHO_PER_SECOND, ECHO_BURST, now);
    this.answering =
        new AddressAnswering(mac, ownMacs, answered, probing, virtualMacs, router, icmp);
  }

  /// Begins a claim, unless the address is held or probed already.
  void hold(InetAddress address, Claim claim, long now) {
    if (claim == Claim.TAKE_OVER ? answered.contains(address) : phases.containsKey(address)) {
      return;
    }
    phases.put(address, AddressPhase.begin(claim, pace, now, random));
    changed = true;
    unreported.add(address);
    if (virtualMac) {
      virtualMacs.put(address, VirtualMac.of(address));
    }
    if (claim == Claim.TAKE_OVER) {
      probing.remove(address);
      answered.add(address);
    } else {
      probing.add(address);
    }
  }

  /// Forgets an address.
  void release(InetAddress address) {
    phases.remove(address);
    changed = true;
    answered.remove(address);
    probing.remove(address);
    unreported.remove(address);
    virtualMacs.remove(address);
  }

  /// Whether an address is answered now.
  boolean answers(InetAddress address) {
    return answered.contains(address);
  }

  /// The addresses answered now.
  Set<InetAddress> answered() {
    return Set.copyOf(answered);
  }

  /// The addresses answered or probed.
  Set<InetAddress> addresses() {
    return Set.copyOf(phases.keySet());
  }

  /// What the interface is now. A link that came up and a MAC that changed make every held address
  /// be announced again.
  ///
  /// @param moved frames may take another way than before, which switches have to learn
  void link(
      MacAddress mac,
      Set<MacAddress> ownMacs,
      boolean router,
      boolean up,
      boolean moved,
      long now) {
    boolean again = up && (!running || moved || !mac.equals(answering.mac()));
    running = up;
    answering = new AddressAnswering(mac, ownMacs, answered, probing, virtualMacs, router, icmp);
    if (again) {
      changed = true;
      phases.replaceAll((_, phase) ->
          switch (phase) {
            case AddressPhase.Probing probe -> probe;
            case AddressPhase.Announcing held -> held.again(now);
          });
    }
  }

  /// When [#onTime] is due; empty if there is nothing to wait for.
  OptionalLong dueNanos() {
    // Nothing is sent into a link that is down: its steps wait until it comes up.
    if (!running || phases.isEmpty()) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(earliest());
  }

  private long earliest() {
    if (changed) {
      changed = false;
      // The minimum by difference from any one of them: nanoTime may wrap.
      long origin = phases.values().iterator().next().dueNanos();
      long least = 0;
      for (AddressPhase phase : phases.values()) {
        least = Math.min(least, phase.dueNanos() - origin);
      }
      earliest = origin + least;
    }
    return earliest;
  }

  /// Takes the steps that are due.
  List<Action> onTime(long now) {
    if (!running || phases.isEmpty() || now - earliest() < 0) {
      return List.of();
    }
    changed = true;
    List<Action> actions = new ArrayList<>();
    for (Map.Entry<InetAddress, AddressPhase> entry : phases.entrySet()) {
      InetAddress address = entry.getKey();
      AddressPhase.Step step = entry.getValue().at(now, pace, random);
      entry.setValue(step.next());
      switch (step.emission()) {
        case NOTHING -> {}
        // With the interface's own MAC: before the claim no switch may learn where the address is.
        case PROBE -> actions.add(new Action.Send(Announcements.probe(address, answering.mac())));
        case ANNOUNCEMENT -> {
          probing.remove(address);
          answered.add(address);
          for (Frame frame :
              Announcements.announce(address, answering.macOf(address), answering.router())) {
            actions.add(new Action.Send(frame));
          }
          if (unreported.remove(address)) {
            actions.add(new Action.Answering(address));
          }
        }
      }
    }
    return actions;
  }

  /// Reacts to a frame that was received.
  List<Action> onFrame(Frame frame, long now) {
    return switch (answering.to(frame)) {
      case AddressAnswering.Reaction.Ignore() -> List.of();
      case AddressAnswering.Reaction.Answer(Frame answer) -> List.of(new Action.Send(answer));
      case AddressAnswering.Reaction.AnswerEcho(Frame answer) ->
          echoes.take(now) ? List.of(new Action.Send(answer)) : List.of();
      case AddressAnswering.Reaction.Claimed(InetAddress address, MacAddress by) ->
          claimed(address, by, now);
    };
  }

  private List<Action> claimed(InetAddress address, MacAddress by, long now) {
    return switch (phases.get(address)) {
      case null -> List.of();
      case AddressPhase.Probing _ -> {
        release(address);
        yield List.of(new Action.Conflict(address, by));
      }
      case AddressPhase.Announcing held when held.givesWay(now) -> {
        release(address);
        yield List.of(new Action.Conflict(address, by));
      }
      case AddressPhase.Announcing held -> {
        AddressPhase.Announcing next = held.provoked(now);
        phases.put(address, next);
        changed = true;
        // One report per burst: a stranger that keeps talking is one fact.
        yield next.burstNanos() == held.burstNanos()
            ? List.of()
            : List.of(new Action.ForeignClaim(address, by));
      }
    };
  }
}
