/// One process of several leads.
///
/// Decides from the lease object and the monotonic clock who leads; releases the lease on an
/// orderly stop; never lets a deposed leader write. Start at
/// [dev.thresher.runtime.leader.LeaderElection].
@NullMarked
package dev.thresher.runtime.leader;

import org.jspecify.annotations.NullMarked;
