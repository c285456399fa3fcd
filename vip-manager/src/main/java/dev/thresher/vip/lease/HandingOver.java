package dev.thresher.vip.lease;

import dev.thresher.vip.election.AddressGroup;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/// Addresses on their way from this node to another, or to this node from another. Confined to one
/// thread.
///
/// The holder names its successor ([LeaseMessage.HandOver]), which asks for the address while it is
/// still held: the voters refuse it, and remember who waits. Once a majority of them has, the
/// successor says so ([LeaseMessage.InLine]); only then does the holder close the address and give
/// it back, and each voter that hears so promises it to who waits and says it at once. So nobody
/// answers for the time of two messages.
///
/// None of this gives a right, only the voters' promises do: whoever lies about it, or is not
/// heard, costs time.
final class HandingOver {

  /// How many heartbeats the holder waits for its successor to be in line, answering all the while:
  /// the successor may be a process that has just begun, on a busy machine.
  private static final int PATIENCE = 5;

  /// How many the successor asks on: longer, so that it is still asking when the holder goes
  /// without having heard it.
  private static final int ASKING = 6;

  private record Going(String to, long until) {}

  private static final class Coming {
    final Session from;
    final long epoch;
    final long until;
    boolean told;

    Coming(Session from, long epoch, long until) {
      this.from = from;
      this.epoch = epoch;
      this.until = until;
    }
  }

  private final Session me;
  private final long beatNanos;
  private final Map<InetAddress, Going> going = new HashMap<>();
  private final Map<InetAddress, Coming> coming = new HashMap<>();

  /// Nodes whose process is proven dead, with the time up to which some voter may not know.
  private final Map<String, Long> dead = new HashMap<>();

  HandingOver(Session me, long beatNanos) {
    this.me = me;
    this.beatNanos = beatNanos;
  }

  /// Begins to hand over.
  ///
  /// @param held what this node holds and should not, with epochs
  /// @param successors who should hold it; an address without one is not handed over
  void give(
      SortedMap<InetAddress, Long> held,
      Map<InetAddress, String> successors,
      long now,
      List<LeaseAction> out) {
    SortedMap<String, SortedMap<InetAddress, Long>> told = new TreeMap<>();
    held.forEach((address, epoch) -> {
      String to = successors.get(address);
      if (to != null && !to.equals(me.node()) && !going.containsKey(address)) {
        going.put(address, new Going(to, now + PATIENCE * beatNanos));
        told.computeIfAbsent(to, _ -> new TreeMap<>(AddressGroup.ORDER)).put(address, epoch);
      }
    });
    told.forEach(
        (to, epochs) -> out.add(new LeaseAction.Send(to, new LeaseMessage.HandOver(me, epochs))));
  }

  boolean isGoing(InetAddress address) {
    return going.containsKey(address);
  }

  /// Addresses whose successor did not say in time that it is in line.
  Set<InetAddress> overdue(long now) {
    Set<InetAddress> late = new HashSet<>();
    going.forEach((address, to) -> {
      if (now - to.until >= 0) {
        late.add(address);
      }
    });
    return late;
  }

  /// Those of the addresses held that the sender takes over as soon as they are given back.
  SortedSet<InetAddress> awaitedBy(
      String node, Map<InetAddress, Long> epochs, SortedMap<InetAddress, Long> held) {
    SortedSet<InetAddress> awaited = AddressGroup.sorted(Set.of());
    epochs.forEach((address, epoch) -> {
      Going to = going.get(address);
      if (to != null && to.to.equals(node) && epoch.equals(held.get(address))) {
        awaited.add(address);
      }
    });
    return awaited;
  }

  /// Another node hands an address over to this one.
  ///
  /// @return false if it said so before: messages come once by each network
  boolean offered(InetAddress address, Session from, long epoch, long now) {
    Coming known = coming.get(address);
    if (known != null && known.from.equals(from) && known.epoch == epoch && now - known.until < 0) {
      return false;
    }
    coming.put(address, new Coming(from, epoch, now + ASKING * beatNanos));
    return true;
  }

  boolean isAnyComing() {
    return !coming.isEmpty();
  }

  /// Whether an address is about to be given to this node.
  boolean isComing(InetAddress address, long now) {
    Coming offer = coming.get(address);
    return offer != null && now - offer.until < 0;
  }

  /// The address is held here now, or nowhere near it.
  void settled(InetAddress address) {
    going.remove(address);
    coming.remove(address);
  }

  /// A node's process is dead, and its promises with it as soon as each voter has the proof.
  void died(String node, long now) {
    dead.values().removeIf(until -> now - until >= 0);
    dead.put(node, now + 2 * beatNanos);
  }

  /// Whether all that stands against an asking will be gone in a moment: it goes on, and the voters
  /// answer once more when it is.
  boolean passes(InetAddress address, Collection<Refusal> against, long now) {
    Coming offer = coming.get(address);
    String giver = offer != null && now - offer.until < 0 ? offer.from.node() : "";
    return against.stream()
        .map(Refusal::holder)
        .allMatch(holder -> holder.equals(giver) || now - dead.getOrDefault(holder, now) < 0);
  }

  /// Says to holders that hand over that a majority of the voters knows of this node's asking.
  ///
  /// @param asked what this node asks for, with the epoch of the asking
  void tellHolders(
      Round round,
      VoterRecord record,
      Map<InetAddress, Long> asked,
      boolean witnessed,
      long now,
      List<LeaseAction> out) {
    coming.values().removeIf(offer -> now - offer.until >= 0);
    Map<Session, SortedMap<InetAddress, Long>> told = new HashMap<>();
    coming.forEach((address, offer) -> {
      Long epoch = asked.get(address);
      if (offer.told || epoch == null || !round.set.names(address, epoch)) {
        return;
      }
      Set<String> inLine = new HashSet<>(round.answering());
      round
          .against(address)
          .forEach((voter, refusal) -> {
            if (!refusal.holder().equals(offer.from.node())) {
              inLine.remove(voter);
            }
          });
      if (record.isMajority(inLine, witnessed)) {
        offer.told = true;
        told.computeIfAbsent(offer.from, _ -> new TreeMap<>(AddressGroup.ORDER))
            .put(address, offer.epoch);
      }
    });
    told.forEach((to, epochs) ->
        out.add(new LeaseAction.Send(to.node(), new LeaseMessage.InLine(me, to, epochs))));
  }

  /// When [#overdue] has something to say, or `other` if that is earlier or never.
  long nextWake(long other, long now) {
    long next = other;
    for (Going to : going.values()) {
      next = to.until - now <= next - now ? to.until : next;
    }
    return next;
  }
}
