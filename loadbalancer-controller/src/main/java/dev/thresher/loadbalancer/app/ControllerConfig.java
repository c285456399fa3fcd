package dev.thresher.loadbalancer.app;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.loadbalancer.webhook.WebhookSettings;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.process.ProcessConfig;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// What the program was told.
///
/// @param host connection to the host cluster
/// @param threads load balancers worked on at the same time
/// @param holdDown see [ControllerOptions]
/// @param enforcePoolScopes see [ControllerOptions]
/// @param networkAwareGlobalPools see [ControllerOptions]
/// @param nobody see [ControllerOptions]
/// @param controller whether to work as the controller
/// @param webhook what the webhooks were told, empty for none
/// @param process what the process was told about itself
record ControllerConfig(
    ClientConfig host,
    int threads,
    Duration holdDown,
    boolean enforcePoolScopes,
    boolean networkAwareGlobalPools,
    Optional<Map<IpFamily, IpAddress>> nobody,
    boolean controller,
    Optional<WebhookSettings> webhook,
    ProcessConfig process) {}
