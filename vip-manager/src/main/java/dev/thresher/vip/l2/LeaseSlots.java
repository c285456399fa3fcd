package dev.thresher.vip.l2;

import java.util.OptionalLong;

/// The kernel's clock over a lease: whatever was granted, an answer leaves this node only while the
/// slot of the confirmed round runs. Slots end by themselves, also while the process is stopped.
///
/// Neither [#arm] nor [#confirm] throws when the kernel refuses: a slot that is not there lets
/// nothing out, which is safe. Thread-safe; each takes one system call.
public interface LeaseSlots {

  /// Gives a round a slot that ends by itself. To be called before anything is asked of others for
  /// that round.
  ///
  /// @param round never given before
  /// @param nanos at most so long, counted from before this returns
  void arm(long round, long nanos);

  /// From now on this round's slot is the one that counts, and no other.
  void confirm(long round);

  /// Since when no earlier process of this program runs on this node, as far as the kernel vouches
  /// for that, in nanoseconds of [System#nanoTime].
  OptionalLong aloneSince();
}
