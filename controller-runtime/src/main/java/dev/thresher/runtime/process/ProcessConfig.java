package dev.thresher.runtime.process;

import com.google.gson.JsonObject;
import dev.thresher.runtime.delegation.Delegation;
import dev.thresher.runtime.leader.LeaderElectionConfig;
import dev.thresher.runtime.serving.Access;
import dev.thresher.runtime.serving.Endpoint;
import java.util.Optional;

/// What a process was told about itself.
///
/// @param identity this process among several: lease and Events
/// @param election how to elect a leader, empty for a single replica
/// @param endpoint where to serve health and metrics, empty for nowhere
/// @param access who may ask there
/// @param delegation how to find out who asks, empty to let only clients on this machine ask for
///   what is not open
/// @param flags the effective flags without secrets, for `/configz`
public record ProcessConfig(
    String identity,
    Optional<LeaderElectionConfig> election,
    Optional<Endpoint> endpoint,
    Access access,
    Optional<Delegation> delegation,
    JsonObject flags) {}
