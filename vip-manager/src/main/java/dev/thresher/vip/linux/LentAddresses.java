package dev.thresher.vip.linux;

import dev.thresher.vip.netlink.NetlinkMessage;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/// Addresses that interfaces of the node have for a few seconds at a time: the kernel takes one
/// back by itself when it is not lent again, whatever became of the process.
///
/// Not thread-safe.
public final class LentAddresses implements AutoCloseable {
  private final NetlinkSocket netlink;

  private LentAddresses(NetlinkSocket netlink) {
    this.netlink = netlink;
  }

  public static SystemResult<LentAddresses> open() {
    return switch (NetlinkSocket.open(NetlinkSocket.Protocol.ROUTE, 0)) {
      case SystemResult.Failed<NetlinkSocket> failed -> failed.as();
      case SystemResult.Ok<NetlinkSocket>(NetlinkSocket netlink) ->
          new SystemResult.Ok<>(new LentAddresses(netlink));
    };
  }

  /// An interface.
  public record Place(int index, String name) {

    /// The loopback; its index is the same in every namespace.
    public static final Place LOOPBACK = new Place(1, "lo");
  }

  /// Gives an interface an address; refused with EEXIST if it has it, from whomever.
  ///
  /// @param time whole seconds, from 1; the kernel looks once a second
  public SystemResult<Integer> lend(Place on, InetAddress address, Duration time) {
    return netlink.transact(
        List.of(AddressMessages.lend(on, address, time, NetlinkMessage.EXCLUSIVE)));
  }

  /// Lets it have the address for that time from now on.
  public SystemResult<Integer> again(Place on, InetAddress address, Duration time) {
    return netlink.transact(
        List.of(AddressMessages.lend(on, address, time, NetlinkMessage.REPLACE)));
  }

  /// Takes it back now.
  public SystemResult<Integer> takeBack(Place on, InetAddress address) {
    return netlink.transact(List.of(AddressMessages.remove(on.index(), address)));
  }

  /// Lends nothing again; what is lent ends by itself.
  @Override
  public void close() {
    netlink.close();
  }
}
