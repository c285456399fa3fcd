package dev.thresher.vip.services;

import dev.thresher.runtime.metrics.Metrics;
import java.util.Optional;
import java.util.function.Supplier;

/// Tells of this node's drain, or why there is none: by Events on its Node and by metrics.
/// Thread-safe.
public final class DrainReports {

  static final String DRAINING = "AddressesDraining";
  static final String DRAINED = "AddressesDrained";
  static final String ENDED = "AddressDrainEnded";
  static final String UNHEEDED = "AddressDrainUnheeded";

  /// How far a drain has come.
  enum Stage {
    NONE,
    DRAINING,
    DRAINED,
    UNHEEDED
  }

  private final Drain drain;
  private final Supplier<Keeping> keeping;
  private final NodeEvents events;
  private final Object lock = new Object();
  private Stage said = Stage.NONE;

  public DrainReports(Drain drain, Supplier<Keeping> keeping, NodeEvents events, Metrics metrics) {
    this.drain = drain;
    this.keeping = keeping;
    this.events = events;
    metrics.gauge(
        "thresher_vip_draining",
        "1 while this node hands over what other nodes can hold.",
        () -> drain.reason().isPresent() ? 1 : 0);
  }

  /// The drain or what is held changed. Any thread; never blocks.
  public void look() {
    synchronized (lock) {
      Optional<String> reason = drain.reason();
      Optional<String> unheeded = drain.unheeded();
      int held = keeping.get().addresses().size();
      Stage next = unheeded.isPresent() ? Stage.UNHEEDED : stage(reason.isPresent(), held);
      // Once drained, a single address that comes and goes is no news.
      if (next == said || (said == Stage.DRAINED && next == Stage.DRAINING)) {
        return;
      }
      if (said != Stage.UNHEEDED || next != Stage.NONE) {
        tell(next, reason.or(() -> unheeded).orElse(""), held);
      }
      said = next;
    }
  }

  static Stage stage(boolean draining, int held) {
    return !draining ? Stage.NONE : held > 0 ? Stage.DRAINING : Stage.DRAINED;
  }

  private void tell(Stage stage, String reason, int held) {
    switch (stage) {
      case DRAINING ->
          events.normal(
              DRAINING,
              "the node is being drained ("
                  + reason
                  + "): of its "
                  + held
                  + " virtual addresses those go to other nodes that another one can hold");
      case DRAINED ->
          events.normal(DRAINED, "the node holds no virtual address any more (" + reason + ")");
      case UNHEEDED ->
          events.warning(
              UNHEEDED,
              "the node keeps its virtual addresses though it should be drained ("
                  + reason
                  + "): "
                  + Drain.NO_OTHERS);
      case NONE -> events.normal(ENDED, "the node may be given virtual addresses again");
    }
  }
}
