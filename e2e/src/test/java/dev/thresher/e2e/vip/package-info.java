/// `vip-manager` by itself on a lab: what only real packets and a real API server can show.
///
/// It decides nothing; start at [ControlPlaneAddressIT].
@NullMarked
package dev.thresher.e2e.vip;

import org.jspecify.annotations.NullMarked;
