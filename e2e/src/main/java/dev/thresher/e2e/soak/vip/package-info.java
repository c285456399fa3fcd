/// Addresses of guest Services while nodes, cables and API servers fail, as a client sees them.
///
/// Decides which mishaps befall whom, by dice, and what of a client's sightings is a fault: two
/// nodes that answer for one address, an address that nobody answers for once all is mended, an
/// address that changed, anything left over. It repairs only what it broke, and starts programs
/// again as a kubelet would. Start at [dev.thresher.e2e.soak.vip.VipSoak]; what was seen is judged
/// by [dev.thresher.e2e.soak.vip.Sightings].
@NullMarked
package dev.thresher.e2e.soak.vip;

import org.jspecify.annotations.NullMarked;
