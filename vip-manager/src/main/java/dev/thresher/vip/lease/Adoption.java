package dev.thresher.vip.lease;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Whether a version of the [VoterRecord] is in force, so that it may be changed again: a majority
/// of its members follows it, and has for so long that no lease runs any more that was granted
/// under the version before.
///
/// Only who has kept the version follows it here: one that knows it from a peer may have another in
/// its file, and goes by that after a restart.
///
/// Once a majority follows version n, no majority of version n - 1 can agree, for any two have a
/// member in common and a member that follows n grants nothing under n - 1. What was granted before
/// that lasts at most the longest lease, which falls only a version after the lease did. Confined
/// to one thread.
final class Adoption {

  private final Map<String, Long> since = new HashMap<>();
  private RecordMark mark = new RecordMark(0, 0);

  /// A node said, or this one knows, which version it follows and has kept.
  ///
  /// @param record the version followed here
  void follows(String node, RecordMark followed, VoterRecord record, long now) {
    if (!record.mark().equals(mark)) {
      mark = record.mark();
      since.clear();
    }
    if (followed.equals(mark)) {
      since.putIfAbsent(node, now);
    }
  }

  /// When the record may be changed, as far as is known now: empty while no majority follows it.
  ///
  /// @param witnessed whether the witness is held here and names this version
  Optional<Long> inForceAt(VoterRecord record, boolean witnessed) {
    if (!record.mark().equals(mark)) {
      return Optional.empty();
    }
    int wanted = record.majority() - (record.witness() && witnessed ? 1 : 0);
    return since.entrySet().stream()
        .filter(entry -> record.votes(entry.getKey()))
        .map(entry -> entry.getValue() + ClockBound.outlasting(record.longestNanos()))
        .sorted()
        .skip(Math.max(0, wanted - 1))
        .findFirst();
  }
}
