package dev.thresher.vip.election;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What is known of the other nodes' sessions: who lives, who is dead for ever. Confined to the
/// machine's thread.
///
/// A session is dead when its process is (proof from the mesh), when its node shows a later one, or
/// when the node's Lease stayed unchanged for the lease duration by this node's clock and the
/// server itself confirmed it: by then that session has fenced itself.
final class Peers {

  private static final class Peer {
    /// Null while there is no such Lease.
    @Nullable NodeLease lease;

    long since;
    boolean confirming;

    /// Sessions of up to this number are dead.
    long deadUpTo = Long.MIN_VALUE;

    /// The server confirmed that the Lease (or its absence) is unchanged.
    boolean expired;

    Peer(long now) {
      since = now;
    }
  }

  private final Map<String, Peer> byNode = new TreeMap<>();
  private final Map<String, Set<String>> deadProcesses = new HashMap<>();
  private final long leaseNanos;

  Peers(RightTimes times) {
    leaseNanos = times.leaseDuration().toNanos();
  }

  /// @return whether anything that the view shows changed
  boolean seen(NodeLease lease, long now) {
    Peer peer = byNode.computeIfAbsent(lease.node(), node -> new Peer(now));
    NodeLease before = peer.lease;
    if (before != null && before.session().number() > lease.session().number()) {
      // A watch that lags behind a read.
      return false;
    }
    if (before != null && before.resourceVersion().equals(lease.resourceVersion())) {
      return false;
    }
    peer.lease = lease;
    peer.since = now;
    peer.confirming = false;
    boolean wasExpired = peer.expired;
    peer.expired = false;
    return wasExpired
        || before == null
        || !before.session().equals(lease.session())
        || !before.links().equals(lease.links())
        || !before.mesh().equals(lease.mesh())
        || before.leaving() != lease.leaving();
  }

  boolean vanished(String node, long now) {
    Peer peer = byNode.get(node);
    if (peer == null || peer.lease == null) {
      return false;
    }
    // What the Lease said stays known through deadUpTo only: absence alone proves nothing.
    peer.deadUpTo = Math.max(peer.deadUpTo, peer.lease.session().number() - 1);
    peer.lease = null;
    peer.since = now;
    peer.confirming = false;
    peer.expired = false;
    return true;
  }

  /// A node that only the record names: its absence is measured from now on.
  void named(String node, long now) {
    byNode.computeIfAbsent(node, n -> new Peer(now));
  }

  void processDied(String node, String process) {
    deadProcesses.computeIfAbsent(node, n -> new HashSet<>()).add(process);
  }

  void sessionHeard(String node, Session session, long now) {
    Peer peer = byNode.computeIfAbsent(node, n -> new Peer(now));
    peer.deadUpTo = Math.max(peer.deadUpTo, session.number() - 1);
  }

  /// Nodes whose Lease has been unchanged for long enough to ask the server about.
  List<String> due(long now) {
    return byNode.entrySet().stream()
        .filter(entry -> !entry.getValue().expired && !entry.getValue().confirming)
        .filter(entry -> now - entry.getValue().since >= leaseNanos)
        .map(Map.Entry::getKey)
        .toList();
  }

  void confirming(String node) {
    Peer peer = byNode.get(node);
    if (peer != null) {
      peer.confirming = true;
    }
  }

  void confirmFailed(String node, long retryAt) {
    Peer peer = byNode.get(node);
    if (peer != null && peer.confirming) {
      peer.confirming = false;
      peer.since = retryAt - leaseNanos;
    }
  }

  /// The server's own word on a node whose Lease seemed unchanged. It counts only if it was asked
  /// for when the Lease had been unchanged for long: an answer to an earlier question may come
  /// late, where this process stood still.
  ///
  /// @param recorded session numbers of the node that the record names
  /// @param sentAt before the server was asked
  /// @return whether the view changed
  boolean confirmed(
      String node, Optional<NodeLease> lease, Collection<Long> recorded, long sentAt, long now) {
    Peer peer = byNode.get(node);
    if (peer == null || !peer.confirming || sentAt - peer.since < leaseNanos) {
      return lease.isPresent() && seen(lease.get(), now);
    }
    peer.confirming = false;
    NodeLease known = peer.lease;
    if (lease.isPresent()) {
      if (known == null || !known.resourceVersion().equals(lease.get().resourceVersion())) {
        return seen(lease.get(), now);
      }
      peer.deadUpTo = Math.max(peer.deadUpTo, known.session().number());
    } else {
      if (known != null) {
        return vanished(node, now);
      }
      for (long number : recorded) {
        peer.deadUpTo = Math.max(peer.deadUpTo, number);
      }
    }
    peer.expired = true;
    return true;
  }

  boolean dead(String node, Session session) {
    if (deadProcesses.getOrDefault(node, Set.of()).contains(session.process())) {
      return true;
    }
    Peer peer = byNode.get(node);
    return peer != null
        && (session.number() <= peer.deadUpTo
            || (peer.lease != null && session.number() < peer.lease.session().number()));
  }

  /// The Leases of nodes that can be given addresses.
  Map<String, NodeLease> live() {
    Map<String, NodeLease> live = new TreeMap<>();
    byNode.forEach((node, peer) -> {
      NodeLease lease = peer.lease;
      if (lease != null && !peer.expired && !lease.leaving() && !dead(node, lease.session())) {
        live.put(node, lease);
      }
    });
    return live;
  }

  /// Nodes that have a Lease and can be given nothing, with the reason.
  SortedMap<String, String> silent(long now) {
    SortedMap<String, String> silent = new TreeMap<>();
    byNode.forEach((node, peer) -> {
      NodeLease lease = peer.lease;
      if (lease == null) {
        return;
      }
      if (lease.leaving()) {
        silent.put(node, "stopped in order");
      } else if (peer.expired) {
        silent.put(
            node, "its Lease was not renewed for " + (now - peer.since) / 1_000_000_000 + " s");
      } else if (dead(node, lease.session())) {
        silent.put(node, "its process is dead");
      }
    });
    return silent;
  }

  /// When the next Lease will have been unchanged for long enough, if ever.
  Optional<Long> nextDue(long now) {
    return byNode.values().stream()
        .filter(peer -> !peer.expired && !peer.confirming)
        .map(peer -> peer.since + leaseNanos)
        .min((a, b) -> Long.compare(a - now, b - now));
  }

  /// Forgets dead processes that nothing names any more.
  void forget(Map<String, Set<String>> namedProcesses) {
    deadProcesses.forEach((node, processes) -> {
      Set<String> keep = new HashSet<>(namedProcesses.getOrDefault(node, Set.of()));
      Peer peer = byNode.get(node);
      if (peer != null && peer.lease != null) {
        keep.add(peer.lease.session().process());
      }
      processes.retainAll(keep);
    });
    deadProcesses.values().removeIf(Set::isEmpty);
  }
}
