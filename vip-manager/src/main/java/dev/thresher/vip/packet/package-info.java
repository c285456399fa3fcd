/// What layer 2 and 3 say on the wire: Ethernet, ARP, IPv4, IPv6, ICMP echo and neighbour discovery
/// as records that encode to and decode from byte arrays. Decides only whether bytes are a
/// well-formed packet; never whether to answer it, and never does I/O. Start reading at [Frame].
@NullMarked
package dev.thresher.vip.packet;

import org.jspecify.annotations.NullMarked;
