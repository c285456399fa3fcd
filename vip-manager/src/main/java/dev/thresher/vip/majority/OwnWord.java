package dev.thresher.vip.majority;

import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.OwnLease;
import io.kubernetes.client.openapi.models.V1Lease;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What this node's Lease in the API server says of it: where it listens, which networks it has.
/// The right does not wait for it, and rests on none of it. Thread-safe.
final class OwnWord {

  private static final Logger LOG = LoggerFactory.getLogger(OwnWord.class);
  private static final long AGAIN_NANOS = 10_000_000_000L;

  /// A server that lost the Lease while it was away hears of it soon.
  private static final long RETRY_NANOS = 1_000_000_000L;

  private static final long SOON_NANOS = 500_000_000L;

  private final OwnLease lease;
  private final Supplier<List<InetSocketAddress>> endpoints;
  private final BooleanSupplier noCandidate;
  private final Timeline timeline;
  private final Runnable onTold;
  private volatile NodeLinks links = NodeLinks.NONE;
  private volatile NodeLinks told = NodeLinks.NONE;
  private volatile boolean stopped;
  private long restoreAt;

  /// @param endpoints where this node listens
  /// @param noCandidate whether this node is to be given nothing
  /// @param onTold hears that others can know of other networks now
  OwnWord(
      OwnLease lease,
      Supplier<List<InetSocketAddress>> endpoints,
      BooleanSupplier noCandidate,
      Timeline timeline,
      Runnable onTold) {
    this.lease = lease;
    this.endpoints = endpoints;
    this.noCandidate = noCandidate;
    this.timeline = timeline;
    this.onTold = onTold;
    this.restoreAt = timeline.nanoTime();
  }

  /// Says it from now on, again and again.
  void start() {
    begin(() -> {
      while (!stopped) {
        LockSupport.parkNanos(say() ? AGAIN_NANOS : RETRY_NANOS);
      }
    });
  }

  /// Hears what becomes of Leases. If this node's is deleted it is said again at once: nodes that
  /// start would not find this one. Who deletes it again and again, as the garbage collector does
  /// while the Node is gone, is answered every 10 s.
  ///
  /// @return whether it is
  synchronized boolean seen(Change<V1Lease> change) {
    long now = timeline.nanoTime();
    if (stopped
        || !(change instanceof Change.Deleted<V1Lease>)
        || !lease.is(change.object())
        || now - restoreAt < 0) {
      return false;
    }
    restoreAt = now + AGAIN_NANOS;
    LOG.warn("this node's Lease in the API server was deleted and is written again");
    sayNow();
    return true;
  }

  /// Says nothing any more by itself.
  void stop() {
    stopped = true;
  }

  /// This node's networks, as they are.
  NodeLinks links() {
    return links;
  }

  /// The same as others know them: see [NodeLinks#knownAs].
  NodeLinks knownLinks() {
    return links.knownAs(told);
  }

  /// The networks have changed; said until it is known.
  ///
  /// @return whether they have
  boolean links(NodeLinks changed) {
    if (changed.equals(links)) {
      return false;
    }
    links = changed;
    begin(() -> {
      while (!stopped && changed.equals(links) && !say()) {
        LockSupport.parkNanos(SOON_NANOS);
      }
    });
    return true;
  }

  /// Says it once, on a thread of its own.
  Thread sayNow() {
    return begin(this::say);
  }

  private boolean say() {
    NodeLinks said = links;
    try {
      lease.say(endpoints.get(), said, noCandidate.getAsBoolean(), timeline.now());
    } catch (KubeApiException e) {
      LOG.atDebug()
          .addKeyValue("error", e.getMessage())
          .log("the API server was not told where this node listens");
      return false;
    }
    if (!said.equals(told)) {
      told = said;
      onTold.run();
    }
    return true;
  }

  private static Thread begin(Runnable task) {
    return Thread.ofVirtual().name("vip-own-lease").start(task);
  }
}
