package dev.thresher.vip.linux;

import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/// What the kernel knows about who has an address on a link (RTM_NEWNEIGH).
///
/// @param mac null while it is being asked for, or where it failed
/// @param state the NUD_ bits
public record Neighbor(
    int interfaceIndex, InetAddress address, @Nullable MacAddress mac, int state) {}
