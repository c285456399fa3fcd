package dev.thresher.vip.majority;

import dev.thresher.vip.lease.LeaseConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// How a node takes part in the right by a majority.
///
/// @param lease heartbeat and policy
/// @param duration F as it should be: of a cluster that is founded here, and what the record of
///   voters is changed to, step by step, where this node is the one to change it
/// @param bootstrap whether this node founds the record of voters if there is none
/// @param state directory for this node's copy of the record of voters; empty: none is kept, and
///   after a start this node is silent for 10 s
public record MajorityConfig(
    LeaseConfig lease, Duration duration, boolean bootstrap, Optional<Path> state) {}
