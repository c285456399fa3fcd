package dev.thresher.vip.linux;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/// A unicast route, as rtnetlink's RTM_NEWROUTE says; a multipath route appears once per next hop.
///
/// @param destination the first address of the prefix; `0.0.0.0` or `::` for a default route
/// @param prefixLength bits, 0 to 32 or 128
/// @param gateway the next hop; null if on-link
/// @param interfaceIndex where packets leave
/// @param table the routing table; 254 is main
/// @param metric lower is preferred (RTA_PRIORITY)
/// @param protocol who added it (rtm_protocol)
public record Route(
    InetAddress destination,
    int prefixLength,
    @Nullable InetAddress gateway,
    int interfaceIndex,
    int table,
    int metric,
    int protocol) {

  /// The table that ordinary lookups use (RT_TABLE_MAIN).
  public static final int MAIN_TABLE = 254;

  /// True for a default route of the main table.
  public boolean isDefault() {
    return prefixLength == 0 && table == MAIN_TABLE;
  }
}
