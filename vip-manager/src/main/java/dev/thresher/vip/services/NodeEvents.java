package dev.thresher.vip.services;

import dev.thresher.runtime.events.EventRecorder;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.Optional;
import java.util.function.Supplier;

/// Events on the object of this node; there are none before it is known. Thread-safe; never blocks.
public final class NodeEvents {

  private final Supplier<Optional<V1Node>> node;
  private final EventRecorder events;

  /// @param node this node's object, if it is known
  public NodeEvents(Supplier<Optional<V1Node>> node, EventRecorder events) {
    this.node = node;
    this.events = events;
  }

  public void normal(String reason, String message) {
    tell(EventRecorder.Type.NORMAL, reason, message);
  }

  public void warning(String reason, String message) {
    tell(EventRecorder.Type.WARNING, reason, message);
  }

  private void tell(EventRecorder.Type type, String reason, String message) {
    node.get().ifPresent(object -> events.event(object, type, reason, message));
  }
}
