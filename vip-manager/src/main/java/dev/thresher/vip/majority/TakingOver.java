package dev.thresher.vip.majority;

import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.HoldersRecord;
import dev.thresher.vip.election.NodeLease;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// From the right by Leases to the one by a majority, node by node, without two holders.
///
/// Under the right by Leases every address is taken by a change of the record of holders. When
/// nobody who lives holds anything by that record any more, it is closed by a change that names the
/// version read: whatever a node had under way fails then, and who reads a closed record takes
/// nothing. Before that nothing is held by a majority. Blocks; one thread.
final class TakingOver {

  private static final Logger LOG = LoggerFactory.getLogger(TakingOver.class);

  private record Seen(String version, long since) {}

  private final VoterStore store;
  private final long expiryNanos;
  private final LongSupplier clock;
  private final Map<Holder, Seen> unchanged = new HashMap<>();
  private SortedSet<String> waitedFor = new TreeSet<>();

  /// @param leaseDuration after which a node that does not renew its Lease holds nothing
  /// @param clock monotonic nanoseconds
  TakingOver(VoterStore store, Duration leaseDuration, LongSupplier clock) {
    this.store = store;
    this.expiryNanos = leaseDuration.toNanos() + leaseDuration.toNanos() / 32;
    this.clock = clock;
  }

  /// Closes the record of holders, if it is open and nobody holds anything by it.
  ///
  /// @return whether it is closed
  boolean look() {
    Optional<VoterStore.Holders> read = store.holders();
    if (read.isEmpty()) {
      return store.createClosed();
    }
    if (read.get().closed()) {
      return true;
    }
    HoldersRecord record = read.get().record();
    SortedSet<String> living = new TreeSet<>();
    for (Holder holder : record.holders().values()) {
      Holder any = new Holder(holder.node(), holder.session(), 0);
      if (!living.contains(holder.node()) && lives(any)) {
        living.add(holder.node());
      }
    }
    if (!living.equals(waitedFor)) {
      waitedFor = living;
      LOG.atInfo()
          .addKeyValue("nodes", living)
          .log("nodes hold addresses by Leases: nothing is held by a majority until they stopped");
    }
    if (!living.isEmpty()) {
      return false;
    }
    return store.close(record);
  }

  /// A process of the right by Leases is known to be over when its node's Lease names another
  /// session, for a node runs one; when it stopped in order; or when the Lease did not change.
  private boolean lives(Holder holder) {
    // This process may stand still while the answer waits for it: what is read counts as of now.
    long asked = clock.getAsLong();
    Optional<NodeLease> lease = store.node(holder.node());
    if (lease.isPresent()
        && (lease.get().leaving() || !lease.get().session().equals(holder.session()))) {
      return false;
    }
    String version = lease.map(NodeLease::resourceVersion).orElse("");
    Seen seen = unchanged.get(holder);
    if (seen == null || !seen.version().equals(version)) {
      unchanged.put(holder, new Seen(version, clock.getAsLong()));
      return true;
    }
    return asked - seen.since() < expiryNanos;
  }
}
