package dev.thresher.vip.nftables;

import org.jspecify.annotations.Nullable;

/// A chain of rules.
///
/// @param hook where the kernel calls it; null for a chain that others jump to
public record Chain(String name, @Nullable Hook hook) {

  /// Where and when a filter chain is called; what no rule drops is accepted.
  ///
  /// @param number the hook's number in the table's family
  /// @param priority lower is called earlier; conntrack is at -200, destination NAT at -100
  /// @param device the network device, which chains of netdev tables have; else empty
  /// @param routes whether a packet of this node whose mark the chain changes is routed again
  public record Hook(int number, int priority, String device, boolean routes) {
    public Hook(int number, int priority) {
      this(number, priority, "", false);
    }

    public Hook(int number, int priority, String device) {
      this(number, priority, device, false);
    }

    /// Before routing (inet).
    public static final int PREROUTING = 0;

    /// Routed, not to this node (inet).
    public static final int FORWARD = 2;

    /// From this node (inet).
    public static final int OUTPUT = 3;

    /// From this node's kernel (arp).
    public static final int ARP_OUTPUT = 1;

    /// Leaving by a device, packet sockets included (netdev, Linux 5.16).
    public static final int EGRESS = 1;

    /// The priority before connection tracking.
    public static final int RAW = -300;

    /// The priority after connection tracking, before destination NAT.
    public static final int MANGLE = -150;

    /// The priority right after destination NAT.
    public static final int AFTER_DNAT = -90;

    /// The priority of ordinary filters, after destination NAT.
    public static final int FILTER = 0;
  }
}
