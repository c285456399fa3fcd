package dev.thresher.vip.linux;

/// Something a [Poller] can wait for.
public sealed interface Pollable permits NetlinkSocket, PacketSocket, Wakeup {
  /// The number by which the kernel knows it; for [Poller] only.
  int pollNumber();
}
