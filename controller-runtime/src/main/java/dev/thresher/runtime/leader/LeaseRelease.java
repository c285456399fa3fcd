package dev.thresher.runtime.leader;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives the lease back at the stop, within bounded time: a server that does not answer must not
/// keep the process.
final class LeaseRelease {

  private static final Logger log = LoggerFactory.getLogger(LeaderElection.class);

  /// How long to wait for an attempt in flight, and then for the release.
  private static final Duration ATTEMPT_PATIENCE = Duration.ofMillis(500);

  private static final Duration RELEASE_PATIENCE = Duration.ofSeconds(3);

  private final LeaderElectionConfig config;
  private final LeaseClient client;
  private final Executor executor;

  LeaseRelease(LeaderElectionConfig config, LeaseClient client, Executor executor) {
    this.config = config;
    this.client = client;
    this.executor = executor;
  }

  /// @param mine the lease as it was last written, empty if we did not lead
  /// @param inFlight an attempt whose outcome is not known: it may have acquired or renewed
  void run(Optional<LeaseDocument> mine, Optional<Attempt> inFlight) {
    // Its answer is not needed, but its write must not arrive after the release.
    inFlight.filter(a -> !a.await(ATTEMPT_PATIENCE)).ifPresent(Attempt::interrupt);
    var releasing = new Attempt(_ -> release(mine, inFlight.isPresent()));
    executor.execute(releasing);
    if (!releasing.await(RELEASE_PATIENCE)) {
      notReleased("no answer in " + RELEASE_PATIENCE);
      releasing.interrupt();
    }
  }

  private void release(Optional<LeaseDocument> mine, boolean versionIsOld) {
    try {
      boolean direct = mine.isPresent() && !versionIsOld;
      boolean released = direct ? client.release(mine.get()) : client.releaseIfHeld(mine);
      if (released) {
        log.atInfo().addKeyValue("lease", config.lease()).log("lease released");
      }
    } catch (RuntimeException e) {
      notReleased(String.valueOf(e.getMessage()));
    }
  }

  private void notReleased(String error) {
    log.atWarn()
        .addKeyValue("lease", config.lease())
        .addKeyValue("error", error)
        .log("lease not released, others wait until it expires");
  }
}
