package dev.thresher.vip.packet;

import java.net.Inet6Address;
import org.jspecify.annotations.Nullable;

/// "This address is at this MAC" in IPv6 (RFC 4861 4.4).
///
/// @param target the address spoken of
/// @param router the sender forwards packets
/// @param solicited it answers a solicitation, and so confirms reachability
/// @param override it replaces what a neighbour knew
/// @param targetMac the target link-layer option; null if absent
public record NeighborAdvertisement(
    Inet6Address target,
    boolean router,
    boolean solicited,
    boolean override,
    @Nullable MacAddress targetMac) {}
