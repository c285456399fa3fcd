package dev.thresher.vip.election;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// This node's session: keeps its Lease renewed, and knows until when the session entitles to hold.
/// Confined to the machine's thread.
///
/// The Lease is changed by compare-and-set only, so the sessions of a node are one sequence even if
/// a write of an earlier process arrives late. The session ends by itself `renewDeadline` after the
/// last successful renewal was *sent*; a renewal that is answered later founds a new session.
final class OwnSession {

  private final String node;
  private final String process;
  private final long deadlineNanos;
  private final long retryNanos;
  private final LongSupplier wallMillis;

  private NodeLinks links;
  private NodeLinks told = NodeLinks.NONE;
  private @Nullable String resourceVersion;
  private long lastNumber;
  private @Nullable Session session;
  private @Nullable Session candidate;
  private long candidateUntil;
  private long entitledUntil;
  private long nextRenewal;
  private boolean leaving;

  OwnSession(
      String node, String process, RightTimes times, NodeLinks links, LongSupplier wallMillis) {
    this.node = node;
    this.process = process;
    this.deadlineNanos = times.renewDeadline().toNanos();
    this.retryNanos = times.retryPeriod().toNanos();
    this.links = links;
    this.wallMillis = wallMillis;
  }

  Optional<Session> session() {
    return Optional.ofNullable(session);
  }

  /// This node's network as it is; that its API server is not well or that it is being drained
  /// counts from when the Lease says so.
  NodeLinks links() {
    return links.knownAs(told);
  }

  long entitledUntil() {
    return entitledUntil;
  }

  /// The session is over if its time is.
  ///
  /// @return true if it ended now
  boolean lapses(long now) {
    if (session == null || now - entitledUntil < 0) {
      return false;
    }
    session = null;
    candidate = null;
    return true;
  }

  /// What is due.
  List<RightAction> due(long now) {
    List<RightAction> actions = new ArrayList<>();
    if (now - nextRenewal < 0) {
      return actions;
    }
    nextRenewal = now + retryNanos;
    if (resourceVersion == null) {
      actions.add(new RightAction.ReadOwnLease());
    } else {
      actions.add(write(resourceVersion, now));
    }
    return actions;
  }

  void began(long now) {
    nextRenewal = now;
  }

  /// @return empty, or what makes it impossible to go on
  Optional<String> read(Optional<NodeLease> lease, long now) {
    nextRenewal = now;
    if (lease.isEmpty()) {
      resourceVersion = "";
      return Optional.empty();
    }
    Session found = lease.get().session();
    lastNumber = Math.max(lastNumber, found.number());
    boolean foreign = !found.process().equals(process);
    if (foreign && session != null && found.number() > session.number()) {
      return Optional.of(
          "another vip-manager acts as node "
              + node
              + " (session "
              + found
              + " after ours "
              + session
              + "): give each node its own name by vip_nodename");
    }
    if (candidate != null && session == null && !found.equals(candidate)) {
      candidate = null;
    }
    resourceVersion = lease.get().resourceVersion();
    return Optional.empty();
  }

  void readFailed(long now) {
    nextRenewal = now + Math.min(retryNanos, 500_000_000L);
  }

  void conflict(long now) {
    resourceVersion = null;
    nextRenewal = now;
  }

  void renewFailed(long now) {
    // Whether it was written is not known; the next try names the old version and finds out.
    nextRenewal = Math.min(nextRenewal, now + Math.min(retryNanos, 500_000_000L));
  }

  /// @return true if a new session began
  boolean renewed(NodeLease lease, long sentAt, long now) {
    Session written = lease.session();
    if (!written.process().equals(process)) {
      return false;
    }
    resourceVersion = lease.resourceVersion();
    told = lease.links();
    lastNumber = Math.max(lastNumber, written.number());
    long until = sentAt + deadlineNanos;
    if (now - until >= 0) {
      return false;
    }
    if (written.equals(session)) {
      entitledUntil = until - entitledUntil > 0 ? until : entitledUntil;
      return false;
    }
    if (session == null && written.equals(candidate)) {
      session = candidate;
      candidate = null;
      entitledUntil = until;
      return true;
    }
    return false;
  }

  /// @return what to write at once, if anything can be written now
  List<RightAction> links(NodeLinks changed, long now) {
    if (changed.equals(links)) {
      return List.of();
    }
    links = changed;
    nextRenewal = now;
    return due(now);
  }

  /// Says in the Lease that this node holds nothing any more.
  List<RightAction> leave() {
    leaving = true;
    return session == null || resourceVersion == null
        ? List.of()
        : List.of(new RightAction.WriteOwnLease(resourceVersion, session, links, leaving));
  }

  long nextRenewal() {
    return nextRenewal;
  }

  private RightAction write(String version, long now) {
    Session next = session;
    if (next == null) {
      // One that was written long ago without our hearing of it may be counted as dead by now.
      if (candidate == null || now - candidateUntil >= 0) {
        lastNumber = Math.max(lastNumber + 1, wallMillis.getAsLong());
        candidate = new Session(lastNumber, process);
        candidateUntil = now + deadlineNanos;
      }
      next = candidate;
    }
    return new RightAction.WriteOwnLease(version, next, links, leaving);
  }
}
