package dev.thresher.runtime.leader;

/// What a program does when leadership changes. Each call comes on a thread of its own and may
/// block; the election goes on meanwhile.
public interface LeaderCallbacks {

  /// A program that only asks [Leadership#held()].
  LeaderCallbacks NONE = new LeaderCallbacks() {};

  /// We lead. Called once at most.
  default void onStartedLeading() {}

  /// We led and do no longer: the lease was lost. Called once at most, and not on an orderly stop.
  /// [Leadership#held()] is false already; the program is expected to exit.
  ///
  /// @param reason for the log
  default void onStoppedLeading(String reason) {}

  /// Another candidate, or we, were seen to hold the lease.
  default void onNewLeader(String identity) {}
}
