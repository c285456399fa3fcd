/// Manifests for a cluster, written from the same settings with which the program runs.
///
/// It never talks to a cluster. Start at [Manifests].
@NullMarked
package dev.thresher.vip.manifest;

import org.jspecify.annotations.NullMarked;
