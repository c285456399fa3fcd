package dev.thresher.vip.l2;

import java.util.List;

/// What makes an address one of the node's own while it is held.
public enum DeviceKind {
  /// A device that dies with the process, and the addresses with it.
  TUN,
  /// The interface on which the address is answered, for seconds at a time.
  NIC,
  /// The loopback, for seconds at a time.
  LO;

  /// In this order where nobody chose: with a device nothing is left of a process that was killed;
  /// the loopback needs no `/dev/net/tun`.
  public static final List<DeviceKind> AUTOMATIC = List.of(TUN, LO);
}
