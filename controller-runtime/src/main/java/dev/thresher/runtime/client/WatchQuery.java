package dev.thresher.runtime.client;

import java.time.Duration;

/// What to watch.
///
/// @param namespace empty for all namespaces
/// @param labelSelector empty for all
/// @param fieldSelector empty for all
/// @param resourceVersion of the last event or list that is known
/// @param timeout after which the server ends the watch in order
public record WatchQuery(
    String namespace,
    String labelSelector,
    String fieldSelector,
    String resourceVersion,
    Duration timeout) {}
