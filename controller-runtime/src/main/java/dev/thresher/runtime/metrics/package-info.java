/// Numbers for Prometheus, under the names that Kubernetes components use.
///
/// Start at [dev.thresher.runtime.metrics.Metrics].
@NullMarked
package dev.thresher.runtime.metrics;

import org.jspecify.annotations.NullMarked;
