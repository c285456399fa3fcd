package dev.thresher.vip.majority;

import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Grants;
import dev.thresher.vip.l2.Claim;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What was opened here, passed on to the [Grants]. Confined to the right's thread.
///
/// Many addresses that are opened at once, because their holder died, are passed on a few at a time
/// with heartbeats in between: a lease must not lapse because there is so much to hold. An address
/// that waits is not answered yet, which is always safe. Closing waits for nothing.
final class Granting {

  /// Some milliseconds of work.
  private static final int AT_ONCE = 50;

  private final Grants grants;
  private final Map<InetAddress, Long> openedAt = new HashMap<>();
  private final SortedMap<InetAddress, Claim> waiting = new TreeMap<>(AddressGroup.ORDER);

  Granting(Grants grants) {
    this.grants = grants;
  }

  /// @param known those of the addresses that some node held before
  /// @param version of the view in which others may see it first
  void open(Set<InetAddress> addresses, Set<InetAddress> known, long version) {
    for (InetAddress address : addresses) {
      waiting.put(address, known.contains(address) ? Claim.TAKE_OVER : Claim.FIRST);
      openedAt.put(address, version);
    }
  }

  /// When this returns none of them is answered.
  void close(Set<InetAddress> addresses, String reason) {
    waiting.keySet().removeAll(addresses);
    grants.revoked(addresses, reason);
    openedAt.keySet().removeAll(addresses);
  }

  void closeAll(String reason) {
    if (!openedAt.isEmpty()) {
      close(Set.copyOf(openedAt.keySet()), reason);
    }
  }

  boolean isWaiting() {
    return !waiting.isEmpty();
  }

  /// Passes some on.
  void some() {
    Map<InetAddress, Claim> next = new HashMap<>();
    while (next.size() < AT_ONCE && !waiting.isEmpty()) {
      Map.Entry<InetAddress, Claim> first = waiting.pollFirstEntry();
      next.put(first.getKey(), first.getValue());
    }
    grants.granted(next);
  }

  /// After what had to go first: others hear of it.
  void tell() {
    grants.tell();
  }

  boolean has(InetAddress address) {
    return openedAt.containsKey(address);
  }

  int size() {
    return openedAt.size();
  }

  /// What was opened since a version of the view, of these.
  Collection<InetAddress> openedSince(long version, Set<InetAddress> among) {
    return openedAt.entrySet().stream()
        .filter(entry -> entry.getValue() > version && among.contains(entry.getKey()))
        .map(Map.Entry::getKey)
        .toList();
  }
}
