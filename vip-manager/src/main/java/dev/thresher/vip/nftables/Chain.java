package dev.thresher.vip.nftables;

import org.jspecify.annotations.Nullable;

/// A chain of rules.
///
/// @param hook where the kernel calls it; null for a chain that others jump to
public record Chain(String name, @Nullable Hook hook) {

  /// What the kernel does with a packet that a chain has seen.
  public enum Kind {
    /// Nothing more.
    FILTER("filter"),
    /// A packet of this node whose mark was changed is routed again.
    ROUTE("route"),
    /// The chain sees the first packet of a connection, the others are translated as that was.
    NAT("nat");

    private final String type;

    Kind(String type) {
      this.type = type;
    }

    String type() {
      return type;
    }
  }

  /// Where and when a chain is called; what no rule drops is accepted.
  ///
  /// @param number the hook's number in the table's family
  /// @param priority lower is called earlier; conntrack is at -200, destination NAT at -100
  /// @param device the network device, which chains of netdev tables have; else empty
  /// @param kind what the chain is for
  public record Hook(int number, int priority, String device, Kind kind) {
    public Hook(int number, int priority) {
      this(number, priority, "", Kind.FILTER);
    }

    public Hook(int number, int priority, String device) {
      this(number, priority, device, Kind.FILTER);
    }

    /// Of a chain that translates addresses.
    public static Hook nat(int number, int priority) {
      return new Hook(number, priority, "", Kind.NAT);
    }

    /// Before routing (inet).
    public static final int PREROUTING = 0;

    /// Routed, not to this node (inet).
    public static final int FORWARD = 2;

    /// Hook of IP for what is for this node.
    public static final int INPUT = 1;

    /// From this node (inet).
    public static final int OUTPUT = 3;

    /// On the way out by an interface, forwarded or from this node (inet).
    public static final int POSTROUTING = 4;

    /// From this node's kernel (arp).
    public static final int ARP_OUTPUT = 1;

    /// Coming in by a device, before the kernel looks at what is in a frame (netdev).
    public static final int INGRESS = 0;

    /// Leaving by a device, packet sockets included (netdev, Linux 5.16).
    public static final int EGRESS = 1;

    /// The priority before connection tracking.
    public static final int RAW = -300;

    /// The priority after connection tracking, before destination NAT.
    public static final int MANGLE = -150;

    /// The priority right before the destination NAT of others.
    public static final int BEFORE_DNAT = -110;

    /// The priority right after destination NAT.
    public static final int AFTER_DNAT = -90;

    /// The priority right before the source NAT of others.
    public static final int BEFORE_SNAT = 90;

    /// The priority after ordinary filters.
    public static final int AFTER_FILTER = 10;

    /// The priority of ordinary filters, after destination NAT.
    public static final int FILTER = 0;
  }
}
