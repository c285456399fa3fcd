package dev.thresher.vip.packet;

import java.net.Inet6Address;
import org.jspecify.annotations.Nullable;

/// "Who has this address?" in IPv6 (RFC 4861 4.3).
///
/// @param target the address asked for
/// @param sourceMac the source link-layer option; null if absent, as in duplicate address detection
///   and in the unicast probes of many hosts
public record NeighborSolicitation(Inet6Address target, @Nullable MacAddress sourceMac) {}
