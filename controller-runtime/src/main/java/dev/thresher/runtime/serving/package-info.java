/// The HTTP side of a program for its operators: health, metrics, configuration, log level.
///
/// Start at [dev.thresher.runtime.serving.OpsServer] and
/// [dev.thresher.runtime.serving.HealthChecks].
@NullMarked
package dev.thresher.runtime.serving;

import org.jspecify.annotations.NullMarked;
