package dev.thresher.runtime.process;

import dev.thresher.runtime.leader.LeaderElection;
import dev.thresher.runtime.lifecycle.Component;
import java.time.Duration;

/// Lets the first look at the lease come before the caches, which ask for everything at once: in
/// the second of a start they would take the processor from the one question that others wait for.
final class HeadStart implements Component {

  /// A server that is slow to answer about the lease is no reason to have no caches.
  private static final Duration AT_MOST = Duration.ofMillis(300);

  private final LeaderElection election;

  HeadStart(LeaderElection election) {
    this.election = election;
  }

  @Override
  public String name() {
    return "first look at the lease";
  }

  @Override
  public void start() throws InterruptedException {
    var _ = election.awaitFirstLook(AT_MOST);
  }

  @Override
  public void stop() {
    // Nothing was started.
  }
}
