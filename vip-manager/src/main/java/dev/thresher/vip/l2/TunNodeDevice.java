package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.linux.TunDevice;
import java.net.InetAddress;

/// Addresses on a TUN device.
record TunNodeDevice(TunDevice device) implements NodeDevice {
  static final String NAME = "thresher-cp";

  static SystemResult<NodeDevice> open() {
    return switch (TunDevice.open(NAME)) {
      case SystemResult.Failed<TunDevice> failed -> failed.as();
      case SystemResult.Ok<TunDevice>(TunDevice opened) ->
          new SystemResult.Ok<>(new TunNodeDevice(opened));
    };
  }

  @Override
  public String where() {
    return NAME;
  }

  @Override
  public SystemResult<Integer> add(InetAddress address, Link on) {
    return device.add(address);
  }

  @Override
  public SystemResult<Integer> remove(InetAddress address) {
    return device.remove(address);
  }

  @Override
  public SystemResult<Boolean> restore(InetAddress address, LinuxNetwork now) {
    // One that is switched off keeps its addresses of IPv4, and the ways to them are gone.
    boolean on = now.link(device.index()).map(Link::up).orElse(true);
    return on && now.hasAt(device.index(), address)
        ? new SystemResult.Ok<>(false)
        : NodeDevice.unlessPresent(device.restore(address));
  }

  @Override
  public void close() {
    device.close();
  }
}
