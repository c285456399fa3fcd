package dev.thresher.vip.l2;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells listeners about events, in order, on one thread: neither the answering threads nor the
/// watcher of the network wait for a listener.
final class EventDelivery {
  private static final Logger LOG = LoggerFactory.getLogger(EventDelivery.class);

  private final List<Consumer<EnforcementEvent>> listeners = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Supplier<Optional<EnforcementEvent>>> queue =
      new LinkedBlockingQueue<>();
  private final Thread thread = Thread.ofPlatform().name("l2-events").daemon().unstarted(this::run);
  private volatile boolean stopping;

  void add(Consumer<EnforcementEvent> listener) {
    listeners.add(listener);
  }

  /// Any thread; never waits.
  ///
  /// @param event evaluated on the delivering thread
  void add(Supplier<Optional<EnforcementEvent>> event) {
    queue.add(event);
  }

  void start() {
    thread.start();
  }

  /// Delivers what was added before, then ends. Does not wait for that.
  void stop() {
    queue.add(() -> {
      stopping = true;
      return Optional.empty();
    });
  }

  private void run() {
    while (!stopping) {
      try {
        queue.take().get().ifPresent(this::deliver);
      } catch (InterruptedException e) {
        // Nobody interrupts this thread; if somebody does, events must still be delivered.
        LOG.atWarn().log("interruption of the event thread ignored");
      }
    }
  }

  private void deliver(EnforcementEvent event) {
    for (Consumer<EnforcementEvent> listener : listeners) {
      try {
        listener.accept(event);
      } catch (RuntimeException e) {
        LOG.atError().setCause(e).addKeyValue("event", event).log("an event listener failed");
      }
    }
  }
}
