package dev.thresher.loadbalancer.app;

import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.process.ProcessConfig;
import java.time.Duration;

/// What the program was told.
///
/// @param host connection to the host cluster
/// @param threads load balancers worked on at the same time
/// @param holdDown see [ControllerOptions]
/// @param enforcePoolScopes see [ControllerOptions]
/// @param process what the process was told about itself
record ControllerConfig(
    ClientConfig host,
    int threads,
    Duration holdDown,
    boolean enforcePoolScopes,
    ProcessConfig process) {}
