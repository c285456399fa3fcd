/// Long runs that look for what is lost: Services, their addresses, nodes.
///
/// Decides what is done to the clusters and the ccm, in which order and by which dice, and what has
/// to be true after each of it. It never repairs anything: where a kubelet would start a program
/// again it does so, and all else is left to the programs. Start at
/// [dev.thresher.e2e.soak.ccm.CcmSoak]; what is true is decided by
/// [dev.thresher.e2e.soak.ccm.Faults].
@NullMarked
package dev.thresher.e2e.soak.ccm;

import org.jspecify.annotations.NullMarked;
