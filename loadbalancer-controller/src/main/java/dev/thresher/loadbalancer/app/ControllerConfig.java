package dev.thresher.loadbalancer.app;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.process.ProcessConfig;
import java.time.Duration;
import java.util.Map;

/// What the program was told.
///
/// @param host connection to the host cluster
/// @param threads load balancers worked on at the same time
/// @param holdDown see [ControllerOptions]
/// @param enforcePoolScopes see [ControllerOptions]
/// @param nobody see [ControllerOptions]
/// @param process what the process was told about itself
record ControllerConfig(
    ClientConfig host,
    int threads,
    Duration holdDown,
    boolean enforcePoolScopes,
    Map<IpFamily, IpAddress> nobody,
    ProcessConfig process) {}
