package dev.thresher.vip.linux;

import java.util.function.Consumer;

/// The node's network, followed. The seam behind which tests put a picture of their own.
public interface NodeNetwork {

  /// The latest picture. Any thread; never blocks.
  LinuxNetwork current();

  /// Calls back with every later picture, in order.
  ///
  /// A picture may equal the one before: what came and went between two of them has left no other
  /// trace, and may have been what the listener did after the first.
  ///
  /// The callback runs on the watcher's thread: it must not block, or events are lost and the
  /// kernel has to be asked for everything again.
  void onChange(Consumer<LinuxNetwork> listener);
}
