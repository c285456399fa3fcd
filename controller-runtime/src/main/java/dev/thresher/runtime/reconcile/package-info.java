/// The loop that makes the world as it should be.
///
/// A reconciler is told a key and nothing else: it reads the present state, decides, and acts. It
/// must come to the same end however often and in whatever order it is called. It never waits: it
/// returns and is called again. Start at [dev.thresher.runtime.reconcile.Reconciler] and
/// [dev.thresher.runtime.reconcile.Controller].
@NullMarked
package dev.thresher.runtime.reconcile;

import org.jspecify.annotations.NullMarked;
