/// Enforcement on layer 2: answers ARP, neighbour solicitations and echo requests for the addresses
/// that it was told to hold, announces them, refuses what the service proxy did not translate, and
/// reports who else claims them. Nothing is configured on a network interface, so a dead process
/// answers nothing. It never decides which addresses to hold, nor whether this node has the right
/// to: that is `election`'s and `services`'. Start reading at [Enforcement], then
/// [AddressAnswering] for what is answered and [AddressPhase] for what is sent when.
@NullMarked
package dev.thresher.vip.l2;

import org.jspecify.annotations.NullMarked;
