/// What the log looks like and how much of it there is. Start at
/// [dev.thresher.runtime.logging.Logging].
@NullMarked
package dev.thresher.runtime.logging;

import org.jspecify.annotations.NullMarked;
