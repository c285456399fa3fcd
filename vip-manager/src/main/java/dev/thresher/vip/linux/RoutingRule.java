package dev.thresher.vip.linux;

/// A rule of the kernel's routing policy: packets with a mark are routed by a table (ip-rule(8)).
///
/// @param ipv6 of which family
/// @param priority lower is looked at earlier; that of the main table is 32766
/// @param mark what the masked mark must be
/// @param mask the bits of the mark that count
/// @param table where the route is looked for
public record RoutingRule(boolean ipv6, int priority, int mark, int mask, int table) {}
