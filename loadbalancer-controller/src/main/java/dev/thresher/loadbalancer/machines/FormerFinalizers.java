package dev.thresher.loadbalancer.machines;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.common.KubernetesObject;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes the finalizer of Harvester's load balancer off a machine.
///
/// Its handlers of deletions leave one on every VirtualMachine and every instance of the host; with
/// that program gone nobody takes them off, and no machine can be deleted any more. All are
/// cleared, not only those of machines that are being deleted: this program may be gone one day,
/// too. Harvester's controller adds them again when it comes back.
final class FormerFinalizers<T extends KubernetesObject> implements Reconciler<ObjectKey> {

  private static final Logger log = LoggerFactory.getLogger(FormerFinalizers.class);

  private final KubeApi api;
  private final ResourceType<T> type;
  private final Informer<T> machines;
  private final String finalizer;

  FormerFinalizers(KubeApi api, ResourceType<T> type, Informer<T> machines, String finalizer) {
    this.api = api;
    this.type = type;
    this.machines = machines;
    this.finalizer = finalizer;
  }

  /// Whether there is something to do.
  boolean concerns(T machine) {
    return machine.getMetadata().getFinalizers() != null
        && machine.getMetadata().getFinalizers().contains(finalizer);
  }

  @Override
  public Result reconcile(ObjectKey key) {
    Optional<Patch> patch =
        machines.get(key).flatMap(seen -> Patches.removeFinalizer(seen, finalizer));
    if (patch.isPresent() && api.patch(type, key, patch.get()).isPresent()) {
      log.atInfo()
          .addKeyValue("kind", type.kind())
          .addKeyValue("name", key)
          .addKeyValue("finalizer", finalizer)
          .log("finalizer of Harvester's load balancer taken off");
    }
    return Result.done();
  }
}
