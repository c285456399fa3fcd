package dev.thresher.loadbalancer.app;

import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.process.ProcessConfig;

/// What the probe agent was told.
///
/// @param host connection to the host cluster
/// @param node name of the node that it runs on
/// @param process what the process was told about itself
record AgentConfig(ClientConfig host, String node, ProcessConfig process) {}
