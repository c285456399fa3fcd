package dev.thresher.e2e.soak.vip;

import java.time.Duration;

/// What befalls a node, its cable, or the guest's API server.
public enum Mishap {
  KILL("vip-manager killed, started again later", 6, 0, 3000),
  STOP("vip-manager stopped in order, started again later", 4, 0, 3000),
  FREEZE("vip-manager stands still (SIGSTOP)", 6, 50, 6000),
  FREEZE_TWO("vip-managers of two nodes stand still", 2, 50, 4000),
  CUT("cable cut, no carrier lost", 5, 50, 6000),
  CUT_FROM("nothing that the node sends arrives", 3, 50, 6000),
  CUT_TO("nothing that is sent to the node arrives", 3, 50, 6000),
  LOSE("every second frame lost, both ways", 2, 500, 4000),
  UNPLUG("cable unplugged", 4, 50, 4000),
  API_CUT("node cut off the guest's API server", 3, 500, 8000),
  API_FROZEN("guest's API server stands still", 2, 500, 8000),
  API_STARTED("guest's API server killed, started again later", 1, 0, 4000),
  API_FROZEN_KILL("guest's API server stands still, vip-manager killed meanwhile", 2, 500, 4000),
  CHURN("another Service made and deleted", 4, 100, 2000),
  MTU("the interface's MTU changed and changed back", 2, 50, 1000);

  private final String what;
  private final int weight;
  private final Duration least;
  private final Duration most;

  /// @param weight how often, beside the others
  Mishap(String what, int weight, int leastMillis, int mostMillis) {
    this.what = what;
    this.weight = weight;
    this.least = Duration.ofMillis(leastMillis);
    this.most = Duration.ofMillis(mostMillis);
  }

  /// For a table.
  String what() {
    return what;
  }

  int weight() {
    return weight;
  }

  /// The shortest time that it lasts.
  Duration least() {
    return least;
  }

  /// The longest time that it lasts.
  Duration most() {
    return most;
  }
}
