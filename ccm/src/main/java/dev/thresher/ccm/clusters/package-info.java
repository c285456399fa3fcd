/// Names for the two clusters that the program talks to, so that nothing meant for one is ever
/// handed to the other.
///
/// Start at [dev.thresher.ccm.clusters.Guest] and [dev.thresher.ccm.clusters.Host].
@NullMarked
package dev.thresher.ccm.clusters;

import org.jspecify.annotations.NullMarked;
