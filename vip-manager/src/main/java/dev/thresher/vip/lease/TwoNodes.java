package dev.thresher.vip.lease;

/// What one of two nodes does that hears neither the other nor the API server.
public enum TwoNodes {
  /// It falls silent: nobody holds the address, never two.
  SAFE,
  /// It holds, as if it had the witness, until it hears one of them again. *Unsafe*: if the other
  /// node only cannot be reached, it does so too, and both answer.
  AVAILABLE
}
