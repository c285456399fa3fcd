package dev.thresher.vip.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.thresher.vip.netlink.NetlinkMessage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// A network device that carries addresses and no packets. The kernel removes it, with its
/// addresses, when this process ends, however it does (Documentation/networking/tuntap).
///
/// Its descriptor is numbered above every socket of the process: the kernel closes files from the
/// highest number down, so the device is gone before a peer sees the end of a connection.
///
/// Not thread-safe.
public final class TunDevice implements AutoCloseable {

  private static final String CLONE = "/dev/net/tun";
  private static final long TUNSETIFF = 0x400454caL;
  private static final short TUN_WITHOUT_HEADER = 0x1001;

  // struct ifreq
  private static final int REQUEST = 40;
  private static final int NAME = 16;

  /// Tried in this order: how many files a process may have differs between nodes.
  private static final List<Integer> NUMBERS = List.of(60_000, 16_000, 4_000, 1_000);

  private final Descriptor descriptor;
  private final NetlinkSocket netlink;
  private final int index;

  private TunDevice(Descriptor descriptor, NetlinkSocket netlink, int index) {
    this.descriptor = descriptor;
    this.netlink = netlink;
    this.index = index;
  }

  /// Makes the device and switches it on.
  ///
  /// @param name at most 15 characters; refused with EBUSY if another process has a device of it
  public static SystemResult<TunDevice> open(String name) {
    return switch (Descriptor.file(CLONE)) {
      case SystemResult.Failed<Descriptor> failed -> failed.as();
      case SystemResult.Ok<Descriptor>(Descriptor opened) -> {
        int result = attach(opened, name);
        if (result < 0) {
          opened.close();
          yield SystemResult.failed("make the TUN device " + name, result);
        }
        yield ready(high(opened), name);
      }
    };
  }

  private static int attach(Descriptor opened, String name) {
    byte[] octets = name.getBytes(StandardCharsets.US_ASCII);
    if (octets.length >= NAME) {
      throw new IllegalArgumentException("a device name has at most 15 characters, found " + name);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(REQUEST, 8);
      MemorySegment.copy(octets, 0, request, JAVA_BYTE, 0, octets.length);
      request.set(JAVA_SHORT, NAME, TUN_WITHOUT_HEADER);
      return LibC.ioctl(opened.errno(), opened.number(), TUNSETIFF, request);
    }
  }

  private static Descriptor high(Descriptor low) {
    for (int least : NUMBERS) {
      if (low.duplicate(least) instanceof SystemResult.Ok<Descriptor>(Descriptor high)) {
        low.close();
        return high;
      }
    }
    return low;
  }

  private static SystemResult<TunDevice> ready(Descriptor descriptor, String name) {
    int index;
    try (Arena arena = Arena.ofConfined()) {
      index = LibC.interfaceIndex(descriptor.errno(), arena.allocateFrom(name));
    }
    if (index < 0) {
      descriptor.close();
      return SystemResult.failed("find the TUN device " + name, index);
    }
    return switch (NetlinkSocket.open(NetlinkSocket.Protocol.ROUTE, 0)) {
      case SystemResult.Failed<NetlinkSocket> failed -> {
        descriptor.close();
        yield failed.as();
      }
      case SystemResult.Ok<NetlinkSocket>(NetlinkSocket netlink) -> {
        TunDevice device = new TunDevice(descriptor, netlink, index);
        SystemResult<Integer> up = device.ask(AddressMessages.up(index));
        if (up instanceof SystemResult.Failed<Integer> failed) {
          device.close();
          yield failed.as();
        }
        yield new SystemResult.Ok<>(device);
      }
    };
  }

  /// Gives the device an address. Idempotent.
  public SystemResult<Integer> add(InetAddress address) {
    return ask(AddressMessages.add(index, address));
  }

  /// Gives it an address that was taken from it, and switches it on, in case that was the reason;
  /// refused with EEXIST if it has the address.
  public SystemResult<Integer> restore(InetAddress address) {
    SystemResult<Integer> up = ask(AddressMessages.up(index));
    return up instanceof SystemResult.Failed<Integer>
        ? up
        : ask(AddressMessages.restore(index, address));
  }

  /// The kernel's number of it.
  public int index() {
    return index;
  }

  /// Takes it back.
  public SystemResult<Integer> remove(InetAddress address) {
    return ask(AddressMessages.remove(index, address));
  }

  private SystemResult<Integer> ask(NetlinkMessage message) {
    return netlink.transact(List.of(message));
  }

  /// Removes the device. Idempotent.
  @Override
  public void close() {
    descriptor.close();
    netlink.close();
  }
}
