package dev.thresher.vip.nodes;

import dev.thresher.vip.linux.InterfaceNames;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// The settings in force on this node. Thread-safe.
public final class LocalSettings {

  private final InterfaceSettings started;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile InterfaceSettings current;

  /// @param started in force until [#become]
  public LocalSettings(InterfaceSettings started) {
    this(started, started);
  }

  /// @param started what the program was started with
  /// @param begun in force until [#become]
  public LocalSettings(InterfaceSettings started, InterfaceSettings begun) {
    this.started = started;
    this.current = begun;
  }

  /// What the program was started with.
  InterfaceSettings started() {
    return started;
  }

  public InterfaceSettings current() {
    return current;
  }

  /// On which interfaces addresses may be held.
  public InterfaceNames used() {
    return current.used();
  }

  /// Hears, after [#current] has changed, that it did; must not block.
  void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /// @return whether that is something else than before
  boolean become(InterfaceSettings next) {
    if (next.equals(current)) {
      return false;
    }
    current = next;
    listeners.forEach(Runnable::run);
    return true;
  }
}
