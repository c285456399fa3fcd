package dev.thresher.ccm.controllers.lifecycle;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.ccm.controllers.lifecycle.DeletionGuard.Held;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A person's word that so many nodes are really gone: an annotation on the Lease of the leader
/// election, with a digest that is good for exactly these nodes. For the worker of the passes only.
final class DeletionConfirmation {

  private static final Logger log = LoggerFactory.getLogger(DeletionConfirmation.class);

  /// Events are forgotten after an hour.
  private static final Duration SAY_AGAIN = Duration.ofMinutes(30);

  private static final int NAMED = 20;

  private final KubeApi guest;
  private final ObjectKey lease;
  private final EventRecorder events;
  private final LifecycleMetrics metrics;
  private final Timeline timeline;

  private String said = "";
  private long saidAt;

  DeletionConfirmation(
      KubeApi guest,
      ObjectKey lease,
      EventRecorder events,
      LifecycleMetrics metrics,
      Timeline timeline) {
    this.guest = guest;
    this.lease = lease;
    this.events = events;
    this.metrics = metrics;
    this.timeline = timeline;
  }

  /// Asks the server whether the annotation is there.
  boolean isGiven(Held held) {
    Optional<V1Lease> found;
    try {
      found = guest.get(CoreTypes.LEASE, lease);
    } catch (KubeApiException e) {
      log.atWarn()
          .addKeyValue("lease", lease)
          .addKeyValue("error", e.getMessage())
          .log("lease not read, no deletion counts as confirmed");
      return false;
    }
    Map<String, String> annotations =
        found.map(V1Lease::getMetadata).map(V1ObjectMeta::getAnnotations).orElse(Map.of());
    boolean given = held.digest().equals(annotations.get(ThresherNames.CONFIRM_NODE_DELETION));
    if (given) {
      log.atInfo()
          .addKeyValue("digest", held.digest())
          .addKeyValue("nodes", held.nodes())
          .log("deletion of nodes confirmed");
    }
    return given;
  }

  /// Says what is held back and how to let it go.
  void ask(Held held) {
    metrics.held(held.nodes().size());
    if (said.equals(held.digest()) && timeline.nanoTime() - saidAt < SAY_AGAIN.toNanos()) {
      return;
    }
    said = held.digest();
    saidAt = timeline.nanoTime();
    String message =
        "No node is deleted: "
            + held.why()
            + ". Without machine: "
            + named(held)
            + ". If they are really gone: kubectl -n "
            + lease.namespace()
            + " annotate --overwrite lease "
            + lease.name()
            + " "
            + ThresherNames.CONFIRM_NODE_DELETION
            + "="
            + held.digest();
    events.warning(regarding(), "NodeDeletionHeld", message);
    log.atWarn()
        .addKeyValue("nodes", held.nodes())
        .addKeyValue("why", held.why())
        .addKeyValue("digest", held.digest())
        .log("deletion of nodes held back until it is confirmed");
  }

  void noLongerNeeded() {
    metrics.held(0);
    said = "";
  }

  /// Without election there may be no Lease to read; the Event is about its name all the same.
  private V1Lease regarding() {
    return new V1Lease()
        .apiVersion(CoreTypes.LEASE.apiVersion())
        .kind(CoreTypes.LEASE.kind())
        .metadata(new V1ObjectMeta().namespace(lease.namespace()).name(lease.name()));
  }

  private static String named(Held held) {
    int more = held.nodes().size() - NAMED;
    return more <= 0
        ? String.join(", ", held.nodes())
        : String.join(", ", held.nodes().subList(0, NAMED)) + " and " + more + " more";
  }
}
