package dev.thresher.ccm.duties;

import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.Component;

/// The second lease. It is stood for only once the first is held: otherwise one process could hold
/// the one, another the other, and each wait for both.
///
/// Leadership here is to hold both.
public final class MigrationLease implements Component, Leadership {

  private final Leadership main;
  private final Leadership second;
  private final Runnable stand;
  private final Runnable end;

  /// @param second that of a [dev.thresher.runtime.leader.LeaderElection] that nobody else starts
  /// @param stand starts that election; returns at once
  /// @param end stops it
  public MigrationLease(Leadership main, Leadership second, Runnable stand, Runnable end) {
    this.main = main;
    this.second = second;
    this.stand = stand;
    this.end = end;
  }

  @Override
  public String name() {
    return "leader-migration";
  }

  @Override
  public void start() {
    main.onceStarted(stand);
  }

  @Override
  public void stop() {
    end.run();
  }

  @Override
  public boolean held() {
    return main.held() && second.held();
  }

  @Override
  public void onceStarted(Runnable action) {
    second.onceStarted(action);
  }
}
