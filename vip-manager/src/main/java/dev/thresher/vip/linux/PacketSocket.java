package dev.thresher.vip.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.VirtualMac;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Raw Ethernet frames of one EtherType on one interface (packet(7)).
///
/// One socket per EtherType: what a gate on the egress hook sees is the socket's type, not the
/// frame's. Frames of this node's own are not delivered, neither are frames of a VLAN: the kernel
/// shows those of a VLAN interface to sockets on the interface below as well, and those of a VLAN
/// that has no interface here, without their tag, as frames for somebody else.
///
/// Every frame sent carries [#MARK], by which a gate knows it whatever is in it.
///
/// Not thread-safe.
public final class PacketSocket implements AutoCloseable, Pollable {
  /// Keeps clear of the bits that service proxies and network plugins use for themselves.
  public static final int MARK = 0x76690070;

  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;
  private static final int SOL_SOCKET = 1;
  private static final int SO_ATTACH_FILTER = 26;
  private static final int SO_MARK = 36;
  private static final int SOL_PACKET = 263;
  private static final int PACKET_IGNORE_OUTGOING = 23;
  private static final int PACKET_OTHERHOST = 3;
  private static final int PACKET_OUTGOING = 4;
  private static final int MSG_TRUNC = 0x20;

  /// Larger than any frame without segmentation offload.
  private static final int BUFFER = 16 * 1024;

  private static final int RECEIVE_BUFFER = 1 << 20;

  /// What a read gave.
  public sealed interface Received {

    /// A frame.
    ///
    /// @param length octets written
    record Whole(int length) implements Received {}

    /// A frame that is not meant for this socket, or too long for the buffer.
    record Skipped() implements Received {}

    /// Nothing is waiting.
    record Nothing() implements Received {}

    /// The socket failed.
    record Failed(Errno errno) implements Received {}
  }

  private static final Received NOTHING = new Received.Nothing();
  private static final Received SKIPPED = new Received.Skipped();

  private final Descriptor descriptor;
  private final int interfaceIndex;
  private final int etherType;
  private final MemorySegment receiving;
  private final MemorySegment sending;
  private final MemorySegment from;
  private final MemorySegment fromLength;
  private final MemorySegment to;

  private PacketSocket(
      Descriptor descriptor, int interfaceIndex, int etherType, MemorySegment bound) {
    this.descriptor = descriptor;
    this.interfaceIndex = interfaceIndex;
    this.etherType = etherType;
    this.receiving = descriptor.allocate(BUFFER);
    this.sending = descriptor.allocate(BUFFER);
    this.from = descriptor.allocate(Structs.SOCKADDR_LL);
    this.fromLength = descriptor.allocate(4);
    this.to = bound;
  }

  /// Opens a socket; it sees nothing but what the filter lets through from its first moment on.
  ///
  /// @param etherType of [dev.thresher.vip.packet.EthernetHeader]
  public static SystemResult<PacketSocket> open(
      int interfaceIndex, int etherType, PacketFilter filter) {
    // Protocol 0: deaf until bound, so that no frame passes before the filter is in place.
    return switch (Descriptor.socket(AF_PACKET, SOCK_RAW, 0)) {
      case SystemResult.Failed<Descriptor> failed -> failed.as();
      case SystemResult.Ok<Descriptor>(Descriptor descriptor) ->
          configure(descriptor, interfaceIndex, etherType, filter);
    };
  }

  private static SystemResult<PacketSocket> configure(
      Descriptor descriptor, int interfaceIndex, int etherType, PacketFilter filter) {
    int result = attach(descriptor, filter);
    if (result < 0) {
      descriptor.close();
      return SystemResult.failed("attach a filter to a packet socket", result);
    }
    result = descriptor.setOption(SOL_SOCKET, SO_MARK, MARK);
    if (result < 0) {
      descriptor.close();
      return SystemResult.failed("mark what a packet socket sends", result);
    }
    // Since Linux 4.20; older kernels deliver own frames, which are skipped on reading.
    int _ = descriptor.setOption(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    descriptor.receiveBuffer(RECEIVE_BUFFER);
    MemorySegment address = descriptor.allocate(Structs.SOCKADDR_LL);
    address.set(JAVA_SHORT, 0, (short) AF_PACKET);
    address.set(JAVA_SHORT, Structs.SOCKADDR_LL_PROTOCOL, Short.reverseBytes((short) etherType));
    address.set(JAVA_INT, Structs.SOCKADDR_LL_IFINDEX, interfaceIndex);
    result = descriptor.bind(address);
    if (result < 0) {
      descriptor.close();
      return SystemResult.failed("bind a packet socket to interface " + interfaceIndex, result);
    }
    return new SystemResult.Ok<>(new PacketSocket(descriptor, interfaceIndex, etherType, address));
  }

  private static int attach(Descriptor descriptor, PacketFilter filter) {
    try (Arena arena = Arena.ofConfined()) {
      int count = filter.instructions().size();
      MemorySegment instructions = arena.allocate((long) Structs.SOCK_FILTER * count, 8);
      for (int i = 0; i < count; i++) {
        PacketFilter.Instruction instruction = filter.instructions().get(i);
        long at = (long) Structs.SOCK_FILTER * i;
        instructions.set(JAVA_SHORT, at, (short) instruction.code());
        instructions.set(JAVA_BYTE, at + Structs.SOCK_FILTER_JT, (byte) instruction.ifTrue());
        instructions.set(JAVA_BYTE, at + Structs.SOCK_FILTER_JF, (byte) instruction.ifFalse());
        instructions.set(JAVA_INT, at + Structs.SOCK_FILTER_K, instruction.operand());
      }
      MemorySegment program = arena.allocate(Structs.SOCK_FPROG, 8);
      program.set(JAVA_SHORT, 0, (short) count);
      program.set(ADDRESS, Structs.SOCK_FPROG_FILTER, instructions);
      return descriptor.setOption(SOL_SOCKET, SO_ATTACH_FILTER, program);
    }
  }

  /// Reads one frame, without waiting.
  public Received receive(byte[] into) {
    fromLength.set(JAVA_INT, 0, Structs.SOCKADDR_LL);
    int length =
        LibC.recvfrom(
            descriptor.errno(), descriptor.number(), receiving, MSG_TRUNC, from, fromLength);
    if (length < 0) {
      return switch (-length) {
        case Errno.EAGAIN -> NOTHING;
        case Errno.EINTR -> SKIPPED;
        default -> new Received.Failed(new Errno(-length));
      };
    }
    int type = from.get(JAVA_BYTE, Structs.SOCKADDR_LL_PKTTYPE);
    boolean foreign =
        from.get(JAVA_INT, Structs.SOCKADDR_LL_IFINDEX) != interfaceIndex
            || type == PACKET_OUTGOING;
    if (foreign || length > BUFFER || length > into.length || length < EthernetHeader.LENGTH) {
      return SKIPPED;
    }
    MemorySegment.copy(receiving, JAVA_BYTE, 0, into, 0, length);
    return type == PACKET_OTHERHOST && isOfAnotherLink(etherType, MacAddress.read(into, 0))
        ? SKIPPED
        : new Received.Whole(length);
  }

  /// What the kernel says to be for somebody else (PACKET_OTHERHOST) may be of a VLAN that has no
  /// interface here; its own ARP sees none of that. So is every broadcast and multicast, which are
  /// never said to be so for another reason. Of ARP, so may be all that is not to a virtual MAC,
  /// which the kernel does not know as the interface's. Echo requests and solicitations to the
  /// interface's own MAC are said to be so by rules of ours.
  ///
  /// @param destination of a frame that is said to be for somebody else
  static boolean isOfAnotherLink(int etherType, MacAddress destination) {
    return destination.isGroup()
        || (etherType == EthernetHeader.ARP && !VirtualMac.mayBeOfV4(destination));
  }

  /// Sends one frame, without waiting.
  public SystemResult<Integer> send(byte[] frame) {
    if (frame.length > BUFFER) {
      return SystemResult.failed("send a frame", -Errno.EMSGSIZE);
    }
    MemorySegment.copy(frame, 0, sending, JAVA_BYTE, 0, frame.length);
    int result = LibC.sendto(descriptor.errno(), descriptor.number(), sending, frame.length, to);
    return result < 0 ? SystemResult.failed("send a frame", result) : new SystemResult.Ok<>(result);
  }

  @Override
  public int pollNumber() {
    return descriptor.number();
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
