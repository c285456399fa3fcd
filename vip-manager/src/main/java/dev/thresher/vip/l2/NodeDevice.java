package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.SystemResult;
import java.net.InetAddress;

/// What makes an address one of the node's own. Under the lock of [DeviceGate].
interface NodeDevice extends AutoCloseable {

  /// Where the addresses are, for people.
  String where();

  /// @param on the interface on which the address is answered
  SystemResult<Integer> add(InetAddress address, Link on);

  SystemResult<Integer> remove(InetAddress address);

  /// Gives back an address that was added and that a picture of the network does not show any more.
  ///
  /// @return whether it was missing: a picture may be older than the address
  SystemResult<Boolean> restore(InetAddress address, LinuxNetwork now);

  /// Whether an address was given that must not have been there.
  static SystemResult<Boolean> unlessPresent(SystemResult<Integer> given) {
    return switch (given) {
      case SystemResult.Ok<Integer> _ -> new SystemResult.Ok<>(true);
      case SystemResult.Failed<Integer> failed when failed.errno().isPresentAlready() ->
          new SystemResult.Ok<>(false);
      case SystemResult.Failed<Integer> failed -> failed.as();
    };
  }

  /// Takes back everything.
  @Override
  void close();
}
