package dev.thresher.ccm.controllers.lifecycle;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.NodeReadiness;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deletes one Node, after a last look at it. Thread-safe.
///
/// The delete carries UID and version of that last look, so that a Node that registers again or
/// becomes Ready in the same moment stays.
final class NodeDeletion {

  private static final Logger log = LoggerFactory.getLogger(NodeDeletion.class);

  /// How long a role that does not allow deletions is left in peace.
  private static final Duration FORBIDDEN_PAUSE = Duration.ofMinutes(5);

  private final KubeApi guest;
  private final EventRecorder events;
  private final LifecycleMetrics metrics;
  private final Timeline timeline;
  private final AtomicBoolean forbiddenSaid = new AtomicBoolean();
  private volatile long forbiddenAt;

  NodeDeletion(KubeApi guest, EventRecorder events, LifecycleMetrics metrics, Timeline timeline) {
    this.guest = guest;
    this.events = events;
    this.metrics = metrics;
    this.timeline = timeline;
  }

  /// Whether there is a point in trying: the role may forbid it.
  boolean isPossible() {
    return !forbiddenSaid.get() || timeline.nanoTime() - forbiddenAt >= FORBIDDEN_PAUSE.toNanos();
  }

  /// What came of it.
  sealed interface Outcome {

    record Deleted() implements Outcome {}

    /// There is no reason to delete it any more; the misses begin anew.
    record NotMissing() implements Outcome {}

    /// To be tried again in the next pass.
    record Failed() implements Outcome {}
  }

  /// @param seen the Node that the decision was about
  /// @param confirmed the cloud's own word about its machine
  Outcome delete(V1Node seen, Existence confirmed) {
    return switch (confirmed) {
      case Existence.Missing(String why) -> deleteMissing(seen, why);
      case Existence.Exists() -> kept(seen, "the cloud has its machine");
      case Existence.Undecided(String why) -> kept(seen, why);
    };
  }

  private Outcome deleteMissing(V1Node seen, String why) {
    ObjectKey key = ObjectKey.of(seen);
    try {
      Optional<V1Node> found = guest.get(CoreTypes.NODE, key);
      if (found.isEmpty()) {
        return new Outcome.NotMissing();
      }
      V1Node node = found.get();
      if (!isSame(seen, node)) {
        return kept(node, "another node has its name, or it has another provider ID");
      }
      if (NodeReadiness.isReady(node)) {
        return kept(node, "it is Ready");
      }
      if (!guest.delete(CoreTypes.NODE, key, Precondition.unchanged(node))) {
        return new Outcome.NotMissing();
      }
    } catch (KubeApiException e) {
      return failed(seen, e);
    }
    metrics.deleted();
    events.normal(
        seen,
        "DeletingNode",
        "Deleting node " + key.name() + " because it does not exist in the cloud provider");
    log.atInfo()
        .addKeyValue("node", key.name())
        .addKeyValue("uid", seen.getMetadata().getUid())
        .addKeyValue("why", why)
        .log("node deleted, its machine is gone");
    return new Outcome.Deleted();
  }

  private Outcome failed(V1Node seen, KubeApiException e) {
    if (e.is(Reason.FENCED)) {
      return new Outcome.Failed();
    }
    metrics.deletionFailed();
    if (e.is(Reason.CONFLICT)) {
      log.atDebug()
          .addKeyValue("node", seen.getMetadata().getName())
          .addKeyValue("error", e.getMessage())
          .log("node changed while it was to be deleted, looking again");
      return new Outcome.Failed();
    }
    if (e.is(Reason.FORBIDDEN)) {
      forbiddenAt = timeline.nanoTime();
      if (forbiddenSaid.getAndSet(true)) {
        return new Outcome.Failed();
      }
    }
    events.warning(
        seen,
        "DeletingNodeFailed",
        "Deleting node " + seen.getMetadata().getName() + " failed: " + e.getMessage());
    log.atWarn()
        .addKeyValue("node", seen.getMetadata().getName())
        .addKeyValue("error", e.getMessage())
        .log(
            e.is(Reason.FORBIDDEN)
                ? "node not deleted: the role lacks the verb delete on nodes; said once"
                : "node not deleted, trying again in the next pass");
    return new Outcome.Failed();
  }

  private static Outcome kept(V1Node node, String why) {
    log.atInfo()
        .addKeyValue("node", node.getMetadata().getName())
        .addKeyValue("why", why)
        .log("node is not deleted after all");
    return new Outcome.NotMissing();
  }

  private static boolean isSame(V1Node seen, V1Node now) {
    return Objects.equals(seen.getMetadata().getUid(), now.getMetadata().getUid())
        && NodeView.of(seen).providerId().equals(NodeView.of(now).providerId());
  }
}
