package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.OwnershipNames;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import io.kubernetes.client.openapi.models.V1Node;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether this node is being drained: asked for on the node itself, by an annotation of its Node,
/// or, if that is wanted, by its being cordoned. Thread-safe.
///
/// Where the right knows no other node, nothing can be handed over, and no node is drained.
public final class Drain {

  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

  /// Why a node whose right does not know the others is not drained, and what to do instead: for
  /// people.
  public static final String NO_OTHERS =
      "with profile compatible kube-vip's Leases say who holds an address, and this node does not"
          + " know who could take one over: stop vip-manager on this node, which gives its Leases"
          + " back, or run profile full";

  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final boolean knowsOthers;

  private final Object lock = new Object();
  private boolean onCordon;
  private boolean asked;
  private Optional<V1Node> node = Optional.empty();
  private volatile Optional<String> wish = Optional.empty();

  /// @param name of this node
  /// @param onCordon whether a cordoned node is drained
  /// @param knowsOthers whether the right knows the other nodes
  public Drain(String name, boolean onCordon, boolean knowsOthers, Informer<V1Node> nodes) {
    this.knowsOthers = knowsOthers;
    this.onCordon = onCordon;
    nodes.onChange(change -> {
      if (ObjectKey.of(change.object()).name().equals(name)) {
        boolean gone = change instanceof Change.Deleted<V1Node>;
        update(() -> node = gone ? Optional.empty() : Optional.of(change.object()));
      }
    });
  }

  /// Why this node is being drained; empty if it is not. Never blocks.
  public Optional<String> reason() {
    return knowsOthers ? wish : Optional.empty();
  }

  /// Why this node should be drained, if it is not all the same. Never blocks.
  Optional<String> unheeded() {
    return knowsOthers ? Optional.empty() : wish;
  }

  /// Begins or ends the wish that this node be drained; an annotation or a cordon stays. Forgotten
  /// when the process ends.
  public void ask(boolean drain) {
    update(() -> asked = drain);
  }

  /// Whether a cordoned node is drained, from now on.
  public void onCordon(boolean now) {
    update(() -> onCordon = now);
  }

  /// Hears that [#reason] or [#unheeded] changed; must not block. To be called before the start.
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private void update(Runnable change) {
    Optional<String> next;
    synchronized (lock) {
      change.run();
      next = reason(asked, onCordon, node);
      if (next.equals(wish)) {
        return;
      }
      wish = next;
    }
    if (knowsOthers) {
      LOG.atInfo()
          .addKeyValue("reason", next.orElse("none"))
          .log(
              next.isPresent()
                  ? "this node is being drained: it keeps only what no other node can hold"
                  : "this node is drained no more");
    }
    listeners.forEach(Runnable::run);
  }

  static Optional<String> reason(boolean asked, boolean onCordon, Optional<V1Node> node) {
    if (asked) {
      return Optional.of("vip-manager drain was called on it");
    }
    Map<String, String> annotations =
        node.map(found -> found.getMetadata().getAnnotations()).orElse(Map.of());
    if ("true".equals(annotations.get(OwnershipNames.DRAIN))) {
      return Optional.of("its annotation " + OwnershipNames.DRAIN + " is true");
    }
    boolean cordoned =
        node.map(V1Node::getSpec)
            .filter(spec -> Boolean.TRUE.equals(spec.getUnschedulable()))
            .isPresent();
    return onCordon && cordoned
        ? Optional.of("it is cordoned, and vip_drain_on_cordon is true")
        : Optional.empty();
  }
}
