package dev.thresher.vip.lease;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/// Nodes, a network and an API server that do what [Fate] says. True time is known here alone.
final class LeaseWorld {

  static final long MS = 1_000_000L;
  static final List<InetAddress> ADDRESSES = List.of(ip("192.0.2.1"), ip("2001:db8::2"));

  private record Due(long at, long order, Runnable task) {}

  /// Two nodes answered for one address.
  static final class TwoHolders extends RuntimeException {
    TwoHolders(String message) {
      super(message);
    }
  }

  final Fate fate;
  final Flaw flaw;
  final LeaseConfig config;
  final long lease;
  final List<SimNode> nodes = new ArrayList<>();
  final Set<String> cut = new HashSet<>();
  final Set<String> apiAway = new HashSet<>();
  long now;

  /// How long two may answer in a row: for clocks that stop.
  long doubleAllowed;

  /// Whether nodes tell each other that they are there and hold what: many messages, which safety
  /// does not rest on.
  boolean presence;

  /// Whether a kernel vouches for when the process before was gone: silence counts from its death.
  boolean vouches;

  long longestDouble;
  private final Map<InetAddress, Long> doubleFor = new HashMap<>();
  private final PriorityQueue<Due> queue =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
  private long order;
  private long clockFreeAt;
  private long versions;

  VoterRecord stored;
  Witness witness = new Witness("", new RecordMark(0, 0), "");

  LeaseWorld(Fate fate, Flaw flaw, VoterRecord record, List<String> names, NoMajority policy) {
    this(fate, flaw, record, names, policy, TwoNodes.SAFE);
  }

  LeaseWorld(
      Fate fate,
      Flaw flaw,
      VoterRecord record,
      List<String> names,
      NoMajority policy,
      TwoNodes twoNodes) {
    this.fate = fate;
    this.flaw = flaw;
    this.stored = record;
    this.lease = record.leaseNanos();
    this.config =
        new LeaseConfig(Duration.ofNanos(Math.min(lease / 4, 100 * MS)), policy, twoNodes);
    double[] rates = {1 - ClockBound.RATE, 1 + ClockBound.RATE, 1};
    for (String name : names) {
      nodes.add(new SimNode(this, name, rates[fate.any(3)], record));
    }
  }

  /// Three voters, a lease of 400 ms.
  static LeaseWorld ofThree(Fate fate, Flaw flaw) {
    List<String> names = List.of("n1", "n2", "n3");
    return new LeaseWorld(fate, flaw, record(names, false, 400, 400), names, NoMajority.SILENT);
  }

  static VoterRecord record(List<String> voters, boolean witness, long leaseMs, long longestMs) {
    return new VoterRecord(
        77,
        1,
        new TreeSet<>(voters),
        witness,
        Duration.ofMillis(leaseMs),
        Duration.ofMillis(longestMs));
  }

  SimNode node(String name) {
    return nodes.stream().filter(node -> node.name.equals(name)).findFirst().orElseThrow();
  }

  Set<String> othersThan(String name) {
    Set<String> others = new TreeSet<>();
    nodes.forEach(node -> others.add(node.name));
    others.remove(name);
    return others;
  }

  void after(long nanos, Runnable task) {
    queue.add(new Due(now + nanos, order++, task));
  }

  /// Lets time pass.
  void run(long nanos) {
    long end = now + nanos;
    while (!queue.isEmpty() && queue.peek().at() <= end) {
      Due due = queue.poll();
      advance(due.at());
      due.task().run();
    }
    advance(end);
  }

  /// Lets time pass until something holds.
  ///
  /// @return how long it took, or more than `most` if it did not
  long runUntil(BooleanSupplier done, long most) {
    long begin = now;
    while (!done.getAsBoolean() && now - begin <= most) {
      run(MS);
    }
    return now - begin;
  }

  private void advance(long to) {
    for (InetAddress address : doubleAllowed > 0 ? ADDRESSES : List.<InetAddress>of()) {
      long two = twoUntil(address);
      if (two > now) {
        long sum = doubleFor.merge(address, Math.min(to, two) - now, Long::sum);
        longestDouble = Math.max(longestDouble, sum);
        if (sum > doubleAllowed) {
          throw new TwoHolders(address + " for " + sum / MS + " ms until " + to / MS + " ms");
        }
      }
      if (two <= to) {
        doubleFor.put(address, 0L);
      }
    }
    now = Math.max(now, to);
  }

  /// Until when two nodes answer if nothing happens.
  private long twoUntil(InetAddress address) {
    long first = now;
    long second = now;
    for (SimNode node : nodes) {
      long until = node.answersUntil(address);
      if (until > first) {
        second = first;
        first = until;
      } else if (until > second) {
        second = until;
      }
    }
    return second;
  }

  /// To be called after whatever may make a node answer.
  void check() {
    if (doubleAllowed > 0) {
      return;
    }
    for (InetAddress address : ADDRESSES) {
      if (twoUntil(address) > now) {
        throw new TwoHolders(address + " at " + now / MS + " ms: " + holders(address));
      }
    }
  }

  List<String> holders(InetAddress address) {
    return nodes.stream()
        .filter(node -> node.answersUntil(address) > now)
        .map(node -> node.name)
        .toList();
  }

  boolean allHeld() {
    return ADDRESSES.stream().allMatch(address -> holders(address).size() == 1);
  }

  void send(SimNode from, String to, LeaseMessage message) {
    SimNode target = node(to);
    if (target == from) {
      after(0, () -> target.hear(new LeaseEvent.Received(message)));
      return;
    }
    if (cut.contains(from.name + ">" + to)) {
      return;
    }
    long delay = (2 + fate.any(16)) * MS / 10;
    switch (fate.post()) {
      case ARRIVES -> arrive(target, message, delay);
      case LOST -> {}
      case LATE -> arrive(target, message, lease * (1 + fate.any(6)) / 4);
      case DOUBLED -> {
        arrive(target, message, delay);
        arrive(target, message, lease * (1 + fate.any(12)) / 4);
      }
    }
  }

  private void arrive(SimNode target, LeaseMessage message, long delay) {
    after(delay, () -> target.hear(new LeaseEvent.Received(message)));
  }

  /// Kills the process; others may get the proof, and another process may be started.
  void crash(SimNode node, long downFor) {
    if (!node.up) {
      return;
    }
    Session dead = node.session;
    node.crash();
    for (SimNode other : nodes) {
      if (other != node && fate.any(10) < 6) {
        after((1 + fate.any(40)) * MS, () -> other.hear(new LeaseEvent.Died(dead)));
      }
    }
    after(
        MS / 2 + downFor,
        () -> {
          if (!node.up) {
            node.start();
          }
        });
  }

  /// Nothing goes in or out for three leases.
  void cutOff(SimNode node) {
    for (SimNode other : nodes) {
      for (String link : List.of(node.name + ">" + other.name, other.name + ">" + node.name)) {
        cut.add(link);
        after(3 * lease, () -> cut.remove(link));
      }
    }
  }

  /// One clock at a time: the bound is per stop.
  void stopClock(SimNode node) {
    if (now >= clockFreeAt) {
      clockFreeAt = now + 6 * lease;
      node.stopClock(3 * lease);
    }
  }

  /// A node changes the voters, if it may.
  void change(SimNode by, VoterChange change) {
    Optional<VoterRecord> followed = by.up ? by.machine.record() : Optional.empty();
    if (followed.isEmpty() || !followed.get().equals(stored) || apiAway.contains(by.name)) {
      return;
    }
    boolean inForce = by.machine.inForceAt().filter(at -> at <= by.clock()).isPresent();
    if (inForce || flaw == Flaw.TWO_CHANGES_AT_ONCE) {
      stored = stored.with(change);
      by.hear(new LeaseEvent.VotersSeen(stored));
      tellVoters();
    }
  }

  /// A node looks whether the voters should be others, as it does in a cluster.
  ///
  /// @param there nodes that have a Lease
  void choose(SimNode by, Collection<String> there) {
    if (!by.up || !by.machine.changesVoters()) {
      return;
    }
    List<VoterCandidate> candidates =
        there.stream().map(name -> new VoterCandidate(name, true, "", 0)).toList();
    VoterChoice.next(
            stored,
            candidates,
            by.machine.joining(),
            () -> witness.holder().isEmpty(),
            stored.lease())
        .ifPresent(change -> change(by, change));
  }

  /// A person says who votes.
  void force(String... voters) {
    stored = stored.forced(new TreeSet<>(List.of(voters)));
    tellVoters();
  }

  /// Those who reach the API server hear of the voters, sooner or later.
  void tellVoters() {
    for (SimNode node : nodes) {
      if (!apiAway.contains(node.name)) {
        after((1 + fate.any(200)) * MS, () -> node.hear(new LeaseEvent.VotersSeen(stored)));
      }
    }
  }

  void readWitness(SimNode node) {
    Session asking = node.session;
    boolean away = apiAway.contains(node.name);
    after(
        (1 + fate.any(20)) * MS,
        () -> {
          Witness read = witness;
          after(
              (1 + fate.any(20)) * MS,
              () -> {
                if (node.session.equals(asking)) {
                  node.hear(
                      away ? new LeaseEvent.WitnessFailed() : new LeaseEvent.WitnessRead(read));
                }
              });
        });
  }

  void writeWitness(SimNode node, LeaseAction.WriteWitness write) {
    Session asking = node.session;
    long sentAt = node.clock();
    boolean away = apiAway.contains(node.name);
    boolean answerLost = fate.post() != Fate.Post.ARRIVES;
    long delay = answerLost ? (1 + fate.any(2000)) * MS : (1 + fate.any(20)) * MS;
    if (answerLost || away) {
      after(1000 * MS, () -> tell(node, asking, new LeaseEvent.WitnessFailed()));
    }
    if (away) {
      return;
    }
    after(
        delay,
        () -> {
          boolean ok = witness.resourceVersion().equals(write.base().resourceVersion());
          if (ok) {
            witness = new Witness(write.holder(), write.mark(), "v" + ++versions);
          }
          if (!answerLost) {
            tell(
                node,
                asking,
                ok
                    ? new LeaseEvent.WitnessWritten(witness, sentAt)
                    : new LeaseEvent.WitnessFailed());
          }
        });
  }

  private void tell(SimNode node, Session asking, LeaseEvent event) {
    if (node.session.equals(asking)) {
      node.hear(event);
    }
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
