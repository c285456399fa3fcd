/// Caches that follow one resource of one API server.
///
/// They survive restarts of the server, compaction, half-open connections and fields they do not
/// know, and they can say how old their knowledge is. They never write. Start at
/// [dev.thresher.runtime.informer.Informer] and [dev.thresher.runtime.informer.Informers].
@NullMarked
package dev.thresher.runtime.informer;

import org.jspecify.annotations.NullMarked;
