package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.linux.TunDevice;
import java.net.InetAddress;
import java.util.function.Function;

/// Addresses on a TUN device. One that somebody deletes is made again when it is needed.
final class TunNodeDevice implements NodeDevice {
  static final String NAME = "thresher-cp";

  private TunDevice device;

  private TunNodeDevice(TunDevice device) {
    this.device = device;
  }

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
    return there(existing -> existing.add(address));
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
        : NodeDevice.unlessPresent(there(existing -> existing.restore(address)));
  }

  private SystemResult<Integer> there(Function<TunDevice, SystemResult<Integer>> step) {
    SystemResult<Integer> result = step.apply(device);
    if (!(result instanceof SystemResult.Failed<Integer> failed && failed.errno().isAbsent())) {
      return result;
    }
    return switch (TunDevice.open(NAME)) {
      case SystemResult.Failed<TunDevice> none -> none.as();
      case SystemResult.Ok<TunDevice>(TunDevice made) -> {
        device.close();
        device = made;
        yield step.apply(device);
      }
    };
  }

  @Override
  public void close() {
    device.close();
  }
}
