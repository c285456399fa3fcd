package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/// Three machines in memory that hand addresses around. Java runs what it has not run before many
/// times slower, and a take-over is just that: most processes see their first one long after they
/// started. Better they pay for it while they start.
public final class Rehearsal {

  private static final List<String> NODES = List.of("a", "b", "c");
  private static final Duration BEAT = Duration.ofMillis(100);
  private static final Duration LEASE = Duration.ofMillis(400);

  private record Posted(String to, ByteBuffer message) {}

  private final Map<String, LeaseMachine> machines = new HashMap<>();
  private final Map<String, Set<InetAddress>> open = new HashMap<>();
  private final Deque<Posted> mail = new ArrayDeque<>();
  private final Set<InetAddress> addresses = addresses();
  private final UnaryOperator<ByteBuffer> way;
  private long now;

  private Rehearsal(UnaryOperator<ByteBuffer> way) {
    this.way = way;
  }

  /// Takes some ten milliseconds of processor time.
  ///
  /// @param rounds how often all addresses are handed on
  /// @param way what becomes of a message between its sender and its receiver
  /// @return how often that succeeded
  public static int run(int rounds, UnaryOperator<ByteBuffer> way) {
    return new Rehearsal(way).play(rounds);
  }

  private int play(int rounds) {
    var record = new VoterRecord(1, 1, new TreeSet<>(NODES), false, LEASE, LEASE);
    for (String node : NODES) {
      Session session = new Session(node, 1);
      machines.put(
          node, new LeaseMachine(session, new LeaseConfig(BEAT, NoMajority.SILENT), new Random(1)));
      open.put(node, new HashSet<>());
      hear(node, new LeaseEvent.Began(Optional.of(record)));
      Set<String> others = new HashSet<>(NODES);
      others.remove(node);
      hear(node, new LeaseEvent.Peers(others));
    }
    Map<InetAddress, Integer> all = new HashMap<>();
    addresses.forEach(address -> all.put(address, 0));
    int succeeded = 0;
    String holder = "";
    for (int round = 0; round < rounds; round++) {
      String next = NODES.get(round % NODES.size());
      if (holder.isEmpty()) {
        hear(next, new LeaseEvent.Want(all));
        // Voters that have just started are silent for a lease, and then heard for the first time.
        pass(LEASE.plus(BEAT.multipliedBy(2)));
      } else {
        Map<InetAddress, String> successors = new HashMap<>();
        addresses.forEach(address -> successors.put(address, next));
        hear(holder, new LeaseEvent.Want(Map.of(), successors));
        hear(next, new LeaseEvent.Want(all));
        pass(BEAT);
      }
      holder = next;
      succeeded += open.getOrDefault(next, Set.of()).equals(addresses) ? 1 : 0;
    }
    return succeeded;
  }

  private void pass(Duration time) {
    long end = now + time.toNanos();
    while (now < end) {
      now += BEAT.toNanos() / 10;
      NODES.forEach(node -> hear(node, new LeaseEvent.Tick()));
      for (Posted posted = mail.poll(); posted != null; posted = mail.poll()) {
        hear(posted.to(), new LeaseEvent.Received(decode(way.apply(posted.message()))));
      }
    }
  }

  private void hear(String node, LeaseEvent event) {
    LeaseMachine machine = machines.get(node);
    if (machine == null) {
      return;
    }
    Deque<LeaseEvent> events = new ArrayDeque<>(List.of(event));
    for (LeaseEvent next = events.poll(); next != null; next = events.poll()) {
      for (LeaseAction action : machine.on(next, now)) {
        switch (action) {
          case LeaseAction.Open(var epochs, _) ->
              open.getOrDefault(node, new HashSet<>()).addAll(epochs.keySet());
          case LeaseAction.Close(var closed, _) ->
              open.getOrDefault(node, new HashSet<>()).removeAll(closed);
          case LeaseAction.Send(var to, var message) -> {
            if (to.equals(node)) {
              events.add(new LeaseEvent.Received(message));
            } else {
              mail.add(new Posted(to, ByteBuffer.wrap(LeaseCodec.encode(message))));
            }
          }
          case LeaseAction.Arm _,
              LeaseAction.Confirm _,
              LeaseAction.Keep _,
              LeaseAction.ReadWitness _,
              LeaseAction.WriteWitness _,
              LeaseAction.WakeAt _ -> {}
        }
      }
      var _ = machine.view();
    }
  }

  private static LeaseMessage decode(ByteBuffer message) {
    try {
      return LeaseCodec.decode(message);
    } catch (LeaseCodec.MalformedException e) {
      throw new IllegalStateException("a message cannot be read that was just written", e);
    }
  }

  /// The documentation networks (RFC 5737, RFC 3849).
  private static Set<InetAddress> addresses() {
    try {
      List<InetAddress> some = new ArrayList<>();
      for (String text : List.of("192.0.2.1", "192.0.2.2", "2001:db8::1")) {
        some.add(InetAddress.getByName(text));
      }
      return Set.copyOf(some);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
