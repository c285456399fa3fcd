package dev.thresher.runtime.process;

import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventRecorder;

/// Where the lease of a program lives.
///
/// @param server the cluster that has it
/// @param events for "became leader" and "stopped leading"
public record LeaseHome(OkHttpKubeApi server, EventRecorder events) {}
