/// Time and deferred execution as something handed in, so that every timer can be tested on a
/// virtual clock.
///
/// Start at [dev.thresher.runtime.time.Timeline].
@NullMarked
package dev.thresher.runtime.time;

import org.jspecify.annotations.NullMarked;
