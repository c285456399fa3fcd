package dev.thresher.vip.linux;

import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/// What the kernel knows about who has an address on a link (RTM_NEWNEIGH).
///
/// @param mac null while it is being asked for, or where it failed
/// @param state the NUD_ bits
public record Neighbor(
    int interfaceIndex, InetAddress address, @Nullable MacAddress mac, int state) {

  /// The state as `ip neighbour` names it; empty for none.
  public String stateName() {
    return switch (state) {
      case 0x01 -> "incomplete";
      case 0x02 -> "reachable";
      case 0x04 -> "stale";
      case 0x08 -> "delay";
      case 0x10 -> "probe";
      case 0x20 -> "failed";
      case 0x40 -> "noarp";
      case 0x80 -> "permanent";
      default -> "";
    };
  }
}
