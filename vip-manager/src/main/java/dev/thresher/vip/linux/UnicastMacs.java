package dev.thresher.vip.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.thresher.vip.packet.MacAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// MAC addresses beside its own for which an interface takes frames (packet(7), PACKET_MR_UNICAST).
/// A device that cannot filter by several, such as a bridge, or whose filter is full, becomes
/// promiscuous.
///
/// All are asked for by one socket that hears nothing itself, so that threads that read frames have
/// nothing to do with it; they end with the process. The kernel counts: what was taken twice must
/// be left twice. Each call waits for a lock that the kernel holds for all changes of the network.
/// Not thread-safe.
public final class UnicastMacs implements AutoCloseable {
  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;
  private static final int SOL_PACKET = 263;
  private static final int PACKET_ADD_MEMBERSHIP = 1;
  private static final int PACKET_DROP_MEMBERSHIP = 2;
  private static final short PACKET_MR_UNICAST = 3;

  private final Descriptor descriptor;

  private UnicastMacs(Descriptor descriptor) {
    this.descriptor = descriptor;
  }

  /// Opens the socket; nothing is taken yet.
  public static SystemResult<UnicastMacs> open() {
    // Protocol 0 and never bound: no frame is ever delivered.
    return switch (Descriptor.socket(AF_PACKET, SOCK_RAW, 0)) {
      case SystemResult.Failed<Descriptor> failed -> failed.as();
      case SystemResult.Ok<Descriptor>(Descriptor descriptor) ->
          new SystemResult.Ok<>(new UnicastMacs(descriptor));
    };
  }

  /// From now on the interface takes frames for the MAC.
  public SystemResult<Integer> take(int interfaceIndex, MacAddress mac) {
    int result = change(PACKET_ADD_MEMBERSHIP, interfaceIndex, mac);
    return result < 0
        ? SystemResult.failed("take frames for " + mac + " on interface " + interfaceIndex, result)
        : new SystemResult.Ok<>(result);
  }

  /// Undoes one [#take].
  public void leave(int interfaceIndex, MacAddress mac) {
    // Fails only if the interface is gone, and what was taken with it.
    int _ = change(PACKET_DROP_MEMBERSHIP, interfaceIndex, mac);
  }

  private int change(int option, int interfaceIndex, MacAddress mac) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(Structs.PACKET_MREQ, 4);
      request.set(JAVA_INT, 0, interfaceIndex);
      request.set(JAVA_SHORT, Structs.PACKET_MREQ_TYPE, PACKET_MR_UNICAST);
      request.set(JAVA_SHORT, Structs.PACKET_MREQ_ALEN, (short) MacAddress.LENGTH);
      MemorySegment.copy(
          mac.octets(), 0, request, JAVA_BYTE, Structs.PACKET_MREQ_ADDRESS, MacAddress.LENGTH);
      return descriptor.setOption(SOL_PACKET, option, request);
    }
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
