package dev.thresher.vip.majority;

import dev.thresher.runtime.informer.Change;
import dev.thresher.vip.election.LeaseText;
import io.kubernetes.client.openapi.models.V1Lease;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// Which nodes may follow a record of voters without this one's knowing it: voters may be founded
/// only when there is none of them, or a record that the API server lost would be in force beside
/// the new one. A node that follows none asks all others at each heartbeat, and is answered by
/// those that follow one; silence means something only of a node that runs, is heard, and believes
/// this process. Thread-safe.
final class Asked {

  /// Who runs renews its Lease every 10 s, and answers what is said to it at once.
  private static final long RUNS_NANOS = 16_000_000_000L;

  /// Some heartbeats, each with the question.
  private static final long ANSWERS_NANOS = 500_000_000L;

  private final String me;
  private final LongSupplier clock;
  private final Map<String, Long> renewed = new ConcurrentHashMap<>();
  private final Map<String, Long> believing = new ConcurrentHashMap<>();

  /// @param clock monotonic nanoseconds
  Asked(String me, LongSupplier clock) {
    this.me = me;
    this.clock = clock;
  }

  void seen(Change<V1Lease> change) {
    boolean gone = change instanceof Change.Deleted<V1Lease>;
    LeaseText.node(change.object(), (_, _) -> {})
        .filter(lease -> !lease.node().equals(me))
        .ifPresent(lease -> {
          if (gone || lease.leaving()) {
            renewed.remove(lease.node());
          } else {
            renewed.put(lease.node(), clock.getAsLong());
          }
        });
  }

  /// A node's process has asked this one for a proof, and believes it from now on.
  void believes(String node) {
    believing.put(node, clock.getAsLong());
  }

  /// Nodes that seem to run and have not had the time to answer.
  ///
  /// @param heard nodes that are heard now
  SortedSet<String> notYet(Set<String> heard) {
    long now = clock.getAsLong();
    renewed.values().removeIf(at -> now - at > RUNS_NANOS);
    SortedSet<String> left = new TreeSet<>(renewed.keySet());
    believing.forEach((node, at) -> {
      if (heard.contains(node) && now - at >= ANSWERS_NANOS) {
        left.remove(node);
      } else if (now - at <= RUNS_NANOS) {
        left.add(node);
      }
    });
    return left;
  }
}
