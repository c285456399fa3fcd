package dev.thresher.vip.lease;

/// The Lease in the API server that is the third member beside two voters.
///
/// @param holder the session that has it, as [Session#toString()]; empty if nobody has
/// @param mark the version of the voters that the last taker followed: who follows an earlier one
///   must not take it
/// @param resourceVersion what a write must name to succeed; empty if there is no such Lease yet
public record Witness(String holder, RecordMark mark, String resourceVersion) {

  /// No taker yet.
  public static final RecordMark UNMARKED = new RecordMark(0, 0);
}
