package dev.thresher.vip.linux;

/// Sizes and offsets, in octets, of the kernel's structures that are used here.
///
/// They are the same on x86-64 and on arm64: both are little-endian LP64 systems with natural
/// alignment, and none of these structures differs between them in the kernel's headers. A name is
/// that of the structure, then that of the member.
final class Structs {
  // linux/if_packet.h
  static final int SOCKADDR_LL = 20;
  static final int SOCKADDR_LL_PROTOCOL = 2;
  static final int SOCKADDR_LL_IFINDEX = 4;
  static final int SOCKADDR_LL_PKTTYPE = 10;
  static final int PACKET_MREQ = 16;
  static final int PACKET_MREQ_TYPE = 4;
  static final int PACKET_MREQ_ALEN = 6;
  static final int PACKET_MREQ_ADDRESS = 8;

  // linux/netlink.h
  static final int SOCKADDR_NL = 12;
  static final int SOCKADDR_NL_GROUPS = 8;

  // linux/filter.h
  static final int SOCK_FILTER = 8;
  static final int SOCK_FILTER_JT = 2;
  static final int SOCK_FILTER_JF = 3;
  static final int SOCK_FILTER_K = 4;
  static final int SOCK_FPROG = 16;
  static final int SOCK_FPROG_FILTER = 8;

  // linux/in6.h
  static final int IPV6_MREQ = 20;
  static final int IPV6_MREQ_IFINDEX = 16;

  // asm-generic/poll.h
  static final int POLLFD = 8;
  static final int POLLFD_EVENTS = 4;
  static final int POLLFD_REVENTS = 6;

  // linux/time_types.h
  static final int TIMESPEC = 16;
  static final int TIMESPEC_NSEC = 8;

  // linux/sched/types.h
  static final int SCHED_ATTR = 56;
  static final int SCHED_ATTR_RUNTIME = 24;

  // linux/rtnetlink.h
  static final int IFINFOMSG = 16;
  static final int IFINFOMSG_TYPE = 2;
  static final int IFINFOMSG_INDEX = 4;
  static final int IFINFOMSG_FLAGS = 8;
  static final int RTMSG = 12;
  static final int RTMSG_DST_LEN = 1;
  static final int RTMSG_TABLE = 4;
  static final int RTMSG_PROTOCOL = 5;
  static final int RTMSG_SCOPE = 6;
  static final int RTMSG_TYPE = 7;
  static final int RTMSG_FLAGS = 8;
  static final int RTNEXTHOP = 8;
  static final int RTNEXTHOP_IFINDEX = 4;

  // linux/if_addr.h
  static final int IFADDRMSG = 8;
  static final int IFADDRMSG_PREFIXLEN = 1;
  static final int IFADDRMSG_INDEX = 4;

  // linux/neighbour.h
  static final int NDMSG = 12;
  static final int NDMSG_IFINDEX = 4;
  static final int NDMSG_STATE = 8;

  // linux/fib_rules.h
  static final int FIB_RULE_HDR = 12;
  static final int FIB_RULE_HDR_TABLE = 4;
  static final int FIB_RULE_HDR_ACTION = 7;

  // linux/if_bridge.h
  static final int BRIDGE_VLAN_INFO = 4;
  static final int BRIDGE_VLAN_INFO_VID = 2;

  private Structs() {}
}
