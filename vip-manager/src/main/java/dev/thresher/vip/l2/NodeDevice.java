package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.SystemResult;
import java.net.InetAddress;

/// What makes an address one of the node's own. Under the lock of [DeviceGate].
interface NodeDevice extends AutoCloseable {

  /// Where the addresses are, for people.
  String where();

  /// @param on the interface on which the address is answered
  SystemResult<Integer> add(InetAddress address, Link on);

  SystemResult<Integer> remove(InetAddress address);

  /// Takes back everything.
  @Override
  void close();
}
