package dev.thresher.vip.majority;

import dev.thresher.vip.lease.LeaseEvent;
import java.nio.channels.Selector;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What the thread of the right is to hear of, made into an event on that thread. Anybody may put
/// something in; only that thread takes it out.
final class Inbox {

  private final Queue<Supplier<LeaseEvent>> events = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Selector selector;
  private volatile boolean newPeers = true;

  /// From now on whoever waits at this selector is woken.
  void wakes(Selector opened) {
    selector = opened;
  }

  void put(Supplier<LeaseEvent> event) {
    keep(event);
    wake();
  }

  /// The same for the thread itself, which needs no waking.
  void keep(Supplier<LeaseEvent> event) {
    events.add(event);
  }

  @Nullable Supplier<LeaseEvent> take() {
    return events.poll();
  }

  /// There may be others to talk to than before.
  void newPeers() {
    newPeers = true;
    put(LeaseEvent.Tick::new);
  }

  /// Whether there may be others to talk to since this was asked last.
  boolean takeNewPeers() {
    if (!newPeers) {
      return false;
    }
    newPeers = false;
    return true;
  }

  /// For the thread itself: it could not talk to them yet.
  void keepNewPeers() {
    newPeers = true;
  }

  void wake() {
    Selector open = selector;
    if (open != null) {
      open.wakeup();
    }
  }
}
