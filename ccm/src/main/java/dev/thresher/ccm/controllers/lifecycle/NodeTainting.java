package dev.thresher.ccm.controllers.lifecycle;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.controllers.lifecycle.LifecycleDecision.Action;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes the shutdown taint. Thread-safe.
final class NodeTainting {

  private static final Logger log = LoggerFactory.getLogger(NodeTainting.class);

  /// Somebody else may write the taints at the same moment; then the patch is made again from what
  /// the server has now.
  private static final int TRIES = 4;

  private final KubeApi guest;
  private final EventRecorder events;

  NodeTainting(KubeApi guest, EventRecorder events) {
    this.guest = guest;
    this.events = events;
  }

  /// @return whether anything was written; a write that fails is tried again in the next pass
  boolean carryOut(Action action, V1Node node) {
    try {
      return switch (action) {
        case Action.Taint _ -> {
          boolean written = write(node, ShutdownTaint::add);
          if (written) {
            events.normal(
                node,
                "NodeShutDown",
                "The machine is shut down in the cloud; nothing is scheduled on the node until it"
                    + " is back");
            log.atInfo()
                .addKeyValue("node", action.node().name())
                .log("machine is shut down, node tainted");
          }
          yield written;
        }
        case Action.Untaint _ -> {
          boolean written = write(node, ShutdownTaint::remove);
          if (written) {
            events.normal(node, "NodeBack", "The machine is back; the shutdown taint is removed");
            log.atInfo()
                .addKeyValue("node", action.node().name())
                .log("machine is back, shutdown taint removed");
          }
          yield written;
        }
        case Action.Delete _ -> throw new IllegalArgumentException("not about a taint: " + action);
      };
    } catch (KubeApiException e) {
      log.atWarn()
          .addKeyValue("node", action.node().name())
          .addKeyValue("error", e.getMessage())
          .log("shutdown taint not written, trying again in the next pass");
      return false;
    }
  }

  private boolean write(V1Node node, Function<V1Node, Optional<Patch>> change) {
    ObjectKey key = ObjectKey.of(node);
    V1Node seen = node;
    for (int attempt = 1; ; attempt++) {
      Optional<Patch> patch = change.apply(seen);
      if (patch.isEmpty()) {
        return false;
      }
      try {
        return guest.patch(CoreTypes.NODE, key, patch.get()).isPresent();
      } catch (KubeApiException e) {
        // Invalid: the taint is there twice, so somebody set it meanwhile.
        if (!(e.is(Reason.CONFLICT) || e.is(Reason.INVALID)) || attempt == TRIES) {
          throw e;
        }
      }
      Optional<V1Node> fresh = guest.get(CoreTypes.NODE, key);
      if (fresh.isEmpty()
          || !Objects.equals(fresh.get().getMetadata().getUid(), node.getMetadata().getUid())) {
        return false;
      }
      seen = fresh.get();
    }
  }
}
