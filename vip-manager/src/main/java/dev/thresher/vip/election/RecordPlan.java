package dev.thresher.vip.election;

import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The next change of the record that one node should try: a pure function.
///
/// The one rule that keeps an address from having two holders is here: an entry of another session
/// is replaced only if that session is dead, and an entry of the own session only together with a
/// release that happens before the write.
///
/// @param changes by address: the new holder, or empty to take the entry away
/// @param releases addresses that the own session holds and that must be revoked before the write
/// @param left addresses that this node should take and for which the record has no room
record RecordPlan(
    Map<InetAddress, Optional<Holder>> changes, Set<InetAddress> releases, Set<InetAddress> left) {

  /// Most bytes of keys and values that the record's annotations may have: an API server takes 256
  /// KiB, and an entry may be replaced by one that is longer.
  static final int MOST_BYTES = 240 * 1024;

  /// What a node knows of the others.
  interface Others {
    /// True only if the session holds nothing any more and never will.
    boolean dead(String node, Session session);

    /// The session of a node that can be given addresses.
    Optional<Session> live(String node);

    /// Whether it is this node's part to take away the entry of a dead session for an address that
    /// nobody wants.
    boolean sweeps(InetAddress address);
  }

  boolean isEmpty() {
    return changes.isEmpty();
  }

  /// @param holders the record
  /// @param aims see [Right#want]
  /// @param unsure addresses of the own session that were revoked for a write whose fate is not
  ///   known: they are not held, and the record has to change before they may be
  static RecordPlan of(
      Map<InetAddress, Holder> holders,
      String me,
      Session session,
      Map<InetAddress, String> aims,
      Set<InetAddress> unsure,
      Others others) {
    Map<InetAddress, Optional<Holder>> changes = new TreeMap<>(AddressGroup.ORDER);
    Set<InetAddress> releases = new TreeSet<>(AddressGroup.ORDER);
    holders.forEach((address, holder) -> {
      String aim = aims.get(address);
      if (holder.is(me, session)) {
        if (me.equals(aim)) {
          if (unsure.contains(address)) {
            changes.put(address, Optional.of(next(holder, me, session)));
          }
          return;
        }
        releases.add(address);
        changes.put(address, handOver(holder, aim, others));
      } else if (others.dead(holder.node(), holder.session())) {
        if (me.equals(aim)) {
          changes.put(address, Optional.of(next(holder, me, session)));
        } else if (aim == null && others.sweeps(address)) {
          changes.put(address, Optional.empty());
        } else if (aim != null && holder.node().equals(me)) {
          // Left from an earlier session of this node: nobody knows better that it is dead.
          changes.put(address, handOver(holder, aim, others));
        }
      }
    });
    Set<InetAddress> fresh = new TreeSet<>(AddressGroup.ORDER);
    aims.forEach((address, aim) -> {
      if (aim.equals(me) && !holders.containsKey(address)) {
        fresh.add(address);
      }
    });
    Set<InetAddress> left = new TreeSet<>(AddressGroup.ORDER);
    // The record is not measured for nothing.
    int room = fresh.isEmpty() ? 0 : MOST_BYTES - bytes(holders, changes);
    for (InetAddress address : fresh) {
      Holder first = new Holder(me, session, 1);
      room -= bytes(address, first);
      if (room < 0) {
        left.add(address);
      } else {
        changes.put(address, Optional.of(first));
      }
    }
    return new RecordPlan(changes, releases, left);
  }

  private static int bytes(
      Map<InetAddress, Holder> holders, Map<InetAddress, Optional<Holder>> changes) {
    int bytes = 0;
    for (Map.Entry<InetAddress, Holder> entry : holders.entrySet()) {
      Optional<Holder> after = changes.getOrDefault(entry.getKey(), Optional.of(entry.getValue()));
      bytes += after.map(holder -> bytes(entry.getKey(), holder)).orElse(0);
    }
    return bytes;
  }

  private static int bytes(InetAddress address, Holder holder) {
    return LeaseText.holderKey(address).length() + holder.toString().length();
  }

  private static Optional<Holder> handOver(Holder from, @Nullable String aim, Others others) {
    if (aim == null || aim.equals(Right.NOBODY)) {
      return Optional.empty();
    }
    return others.live(aim).map(session -> next(from, aim, session));
  }

  private static Holder next(Holder before, String node, Session session) {
    return new Holder(node, session, before.epoch() + 1);
  }
}
