package dev.thresher.vip.lease;

import static dev.thresher.vip.lease.LeaseWorld.ADDRESSES;
import static dev.thresher.vip.lease.LeaseWorld.MS;

import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A long random walk: everything that can go wrong does, then nothing does any more and all that
/// is wanted must be held.
final class LeaseWalk {

  private final LeaseWorld world;
  private final Fate.ByChance fate;
  private final boolean clocksStop;
  private long end;
  private int troubleMs = 500;

  /// Whether voters are changed on the way.
  boolean votersChange;

  /// Whether the witness comes and goes, too.
  boolean witnessChanges;

  /// Whether it is the lease that is changed.
  boolean leaseChanges;

  private Duration wantedLease = Duration.ofMillis(1_500);

  /// Whether the API server goes away now and then.
  boolean apiFails;

  LeaseWalk(long seed, Flaw flaw, boolean clocksStop) {
    this.fate = new Fate.ByChance(seed, clocksStop);
    this.clocksStop = clocksStop;
    this.world = LeaseWorld.ofThree(fate, flaw);
    world.vouches = seed % 2 == 1;
    if (clocksStop) {
      // By the fastest clock's second.
      world.doubleAllowed = (long) (world.lease / (1 - ClockBound.RATE)) + MS;
    }
  }

  LeaseWalk(long seed, Flaw flaw, VoterRecord record, List<String> names) {
    this.fate = new Fate.ByChance(seed, false);
    this.clocksStop = false;
    this.world = new LeaseWorld(fate, flaw, record, names, NoMajority.SILENT);
    world.vouches = seed % 2 == 1;
  }

  /// Processes are hit once in so many instructions, messages once in so many.
  LeaseWalk hit(int blows, int messageFaults, int troubleMs) {
    this.troubleMs = troubleMs;
    fate.blows = blows;
    fate.messageFaults = messageFaults;
    return this;
  }

  LeaseWorld world() {
    return world;
  }

  /// Starts all and lets them do as they like.
  void torment(long nanos) {
    world.nodes.forEach(SimNode::start);
    disagree();
    end = world.now + nanos;
    fate.calm = false;
    trouble();
    world.run(nanos);
    fate.calm = true;
  }

  /// Ends all faults.
  ///
  /// @param wanting how many nodes go on to want each address
  /// @return how long until all is held, in nanoseconds, or more than `most`
  long healed(int wanting, long most) {
    world.cut.clear();
    world.apiAway.clear();
    world.nodes.forEach(node -> {
      if (!node.up) {
        node.start();
      }
    });
    world.tellVoters();
    Map<String, Map<InetAddress, Integer>> wants = new HashMap<>();
    for (InetAddress address : ADDRESSES) {
      int first = fate.any(world.nodes.size());
      want(wants, first, address, 0);
      for (int other = 1; other < wanting; other++) {
        want(wants, (first + other) % world.nodes.size(), address, fate.any(2));
      }
    }
    world.nodes.forEach(node -> node.want(wants.getOrDefault(node.name, Map.of())));
    // Faults that began before may go on a little: pauses, late messages.
    world.run(3 * world.lease);
    return world.runUntil(world::allHeld, most);
  }

  private void want(
      Map<String, Map<InetAddress, Integer>> wants, int node, InetAddress address, int rank) {
    wants.computeIfAbsent(world.nodes.get(node).name, _ -> new HashMap<>()).put(address, rank);
  }

  /// Each node has its own idea of who should hold what.
  private void disagree() {
    for (SimNode node : world.nodes) {
      if (fate.any(3) > 0) {
        Map<InetAddress, Integer> ranks = new HashMap<>();
        for (InetAddress address : ADDRESSES) {
          if (fate.any(2) == 0) {
            ranks.put(address, fate.any(3));
          }
        }
        node.want(ranks, successors());
      }
    }
  }

  private Map<InetAddress, String> successors() {
    Map<InetAddress, String> successors = new HashMap<>();
    for (InetAddress address : ADDRESSES) {
      if (fate.any(3) > 0) {
        successors.put(address, world.nodes.get(fate.any(world.nodes.size())).name);
      }
    }
    return successors;
  }

  private void trouble() {
    if (world.now >= end) {
      return;
    }
    SimNode node = world.nodes.get(fate.any(world.nodes.size()));
    switch (fate.any(9)) {
      case 0 -> world.crash(node, fate.any(6) * world.lease / 4);
      case 1 -> node.freeze(fate.any(12) * world.lease / 4);
      case 2, 3 -> cut(node, fate.any(12) * world.lease / 4);
      case 4, 5, 6 -> disagree();
      case 7 -> {
        if (clocksStop) {
          world.stopClock(node);
        }
      }
      case 8 -> {
        if (votersChange && !(apiFails && fate.any(2) == 0)) {
          changeVoters(node);
        } else if (apiFails) {
          node.leave(successors());
          world.after(fate.any(8) * world.lease / 4, () -> world.crash(node, 0));
        }
      }
      default -> throw new IllegalStateException();
    }
    world.after((1 + fate.any(troubleMs)) * MS, this::trouble);
  }

  private void cut(SimNode node, long nanos) {
    for (SimNode other : world.nodes) {
      if (other == node || fate.any(3) == 0) {
        continue;
      }
      int way = fate.any(3);
      if (way != 1) {
        cut(node.name + ">" + other.name, nanos);
      }
      if (way != 0) {
        cut(other.name + ">" + node.name, nanos);
      }
    }
    if ((votersChange || apiFails) && fate.any(2) == 0) {
      world.apiAway.add(node.name);
      world.after(nanos, () -> world.apiAway.remove(node.name));
    }
  }

  private void cut(String link, long nanos) {
    world.cut.add(link);
    world.after(nanos, () -> world.cut.remove(link));
  }

  private void changeVoters(SimNode by) {
    VoterRecord stored = world.stored;
    SimNode other = world.nodes.get(fate.any(world.nodes.size()));
    if (leaseChanges) {
      if (fate.any(4) == 0) {
        wantedLease = Duration.ofMillis(200 + 650L * fate.any(3));
      }
      VoterChoice.towards(stored, wantedLease).ifPresent(change -> world.change(by, change));
    } else if (witnessChanges && stored.voters().size() == 2 && fate.any(2) == 0) {
      world.change(
          by, stored.witness() ? new VoterChange.RemoveWitness() : new VoterChange.AddWitness());
    } else if (!stored.votes(other.name)) {
      world.change(by, new VoterChange.AddVoter(other.name));
    } else if (stored.voters().size() > 2) {
      world.change(by, new VoterChange.RemoveVoter(other.name));
    }
  }
}
