/// The Linux kernel as Java values: packet sockets, netlink sockets, multicast membership, and a
/// watched picture of the node's network. The only package that touches native memory; callers see
/// records and sealed results, never a memory segment or a file descriptor. It decides nothing
/// about addresses of ours. Start reading at [NodeNetwork] for what the kernel says and at
/// `PacketSocket` for what is sent.
///
/// Every structure used here (`sockaddr_ll`, `sockaddr_nl`, `sock_filter`, `sock_fprog`,
/// `ipv6_mreq`, `pollfd`) has the same layout on x86-64 and on aarch64: both are little-endian LP64
/// with natural alignment, and the socket option numbers are those of `asm-generic`.
@NullMarked
package dev.thresher.vip.linux;

import org.jspecify.annotations.NullMarked;
