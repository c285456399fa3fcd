package dev.thresher.vip.lease;

/// What a node does when no majority of the voters can be reached.
public enum NoMajority {
  /// It falls silent at the end of its lease: nobody holds the address, never two.
  SILENT,
  /// It keeps what it holds until it hears of a holder with a higher epoch. *Unsafe*: on the other
  /// side of a partition, where a majority is, somebody else takes over, and both answer.
  KEEP
}
