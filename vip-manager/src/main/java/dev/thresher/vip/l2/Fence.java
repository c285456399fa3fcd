package dev.thresher.vip.l2;

/// What keeps a process from answering for an address after its lease.
public enum Fence {
  /// The kernel drops what it says, even if it was stopped meanwhile.
  KERNEL,
  /// Its own look at the clock; stopped and continued it may answer once.
  PROCESS,
  /// There is no lease that could end.
  NONE
}
