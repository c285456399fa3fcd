/// `hack/soak`: long runs that look for what is lost while things break.
///
/// Decides nothing but which of them runs. Start at [dev.thresher.e2e.soak.SoakCommand].
@NullMarked
package dev.thresher.e2e.soak;

import org.jspecify.annotations.NullMarked;
