package dev.thresher.loadbalancer.app;

import com.google.gson.JsonObject;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.leader.LeaderElectionConfig;
import dev.thresher.runtime.serving.Access;
import dev.thresher.runtime.serving.Endpoint;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What the process was told.
///
/// @param host connection to the host cluster
/// @param threads load balancers worked on at the same time
/// @param holdDown see [ControllerOptions]
/// @param identity this process among several
/// @param election how to elect a leader, null to work without
/// @param endpoint where to serve health and metrics, null for nowhere
/// @param access who may ask there
/// @param flags the effective flags, without secrets
record ControllerConfig(
    ClientConfig host,
    int threads,
    Duration holdDown,
    String identity,
    @Nullable LeaderElectionConfig election,
    @Nullable Endpoint endpoint,
    Access access,
    JsonObject flags) {

  Optional<LeaderElectionConfig> electing() {
    return Optional.ofNullable(election);
  }

  Optional<Endpoint> serving() {
    return Optional.ofNullable(endpoint);
  }
}
