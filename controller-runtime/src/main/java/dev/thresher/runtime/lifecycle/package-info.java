/// Start in a fixed order, stop in the reverse one.
///
/// A program is a list of components. Start at [dev.thresher.runtime.lifecycle.Lifecycle].
@NullMarked
package dev.thresher.runtime.lifecycle;

import org.jspecify.annotations.NullMarked;
