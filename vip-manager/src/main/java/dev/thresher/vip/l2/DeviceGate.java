package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Errno;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.linux.TunDevice;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A gate that also makes some addresses the node's own while they are open, for servers of the
/// node that accept connections to them: on a device that dies with the process.
///
/// An address is on the device only while the inner gate is open for it, which keeps the kernel
/// from answering ARP and neighbour discovery in the process's place.
public final class DeviceGate implements AddressGate {

  static final String DEVICE = "thresher-cp";

  private final AddressGate inner;
  private final Predicate<InetAddress> owned;
  private final Set<InetAddress> present = new HashSet<>();
  private @Nullable TunDevice device;

  /// @param owned which addresses the node must have itself; any thread
  public DeviceGate(AddressGate inner, Predicate<InetAddress> owned) {
    this.inner = inner;
    this.owned = owned;
  }

  @Override
  public synchronized void install() {
    inner.install();
    // Made at the start, so that what is missing for it ends the start, and not a take-over.
    try {
      device = open();
    } catch (IllegalStateException e) {
      inner.remove();
      throw e;
    }
  }

  private static TunDevice open() {
    return switch (TunDevice.open(DEVICE)) {
      case SystemResult.Ok<TunDevice>(TunDevice opened) -> opened;
      case SystemResult.Failed<TunDevice> failed ->
          throw new IllegalStateException(failed + advice(failed.errno()));
    };
  }

  private static String advice(Errno errno) {
    if (errno.isAbsent()) {
      return "; the control plane's address needs /dev/net/tun: mount it into the pod (hostPath,"
          + " type CharDevice) and load the kernel module tun";
    }
    if (errno.isNotPermitted()) {
      return "; the control plane's address needs the capability NET_ADMIN and leave for the device"
          + " /dev/net/tun (10:200), which containerd with runc 1.2.0 to 1.2.3 does not give";
    }
    return "; is another vip-manager running on this node?";
  }

  @Override
  public void guard(Link link) {
    inner.guard(link);
  }

  @Override
  public void unguard(Link link) {
    inner.unguard(link);
  }

  @Override
  public void silence(Set<InetAddress> addresses) {
    inner.silence(addresses);
  }

  @Override
  public synchronized void open(Set<InetAddress> addresses) {
    inner.open(addresses);
    Set<InetAddress> added =
        addresses.stream()
            .filter(owned)
            .filter(address -> !present.contains(address))
            .collect(Collectors.toSet());
    for (InetAddress address : added) {
      SystemResult<Integer> result = opened().add(address);
      if (result instanceof SystemResult.Failed<Integer> failed) {
        close(addresses);
        throw new IllegalStateException(
            "the address " + address.getHostAddress() + " cannot be given to the node: " + failed);
      }
      present.add(address);
    }
  }

  @Override
  public synchronized void close(Set<InetAddress> addresses) {
    IllegalStateException failure = null;
    for (InetAddress address : addresses) {
      if (present.remove(address)
          && opened().remove(address) instanceof SystemResult.Failed<Integer> failed
          && !failed.errno().isAbsent()) {
        failure =
            new IllegalStateException(
                "the address " + address.getHostAddress() + " stays on " + DEVICE + ": " + failed);
      }
    }
    if (failure != null) {
      // The inner gate stays: it keeps the kernel from answering for what is left there.
      throw failure;
    }
    inner.close(addresses);
  }

  @Override
  public synchronized void remove() {
    TunDevice closing = device;
    device = null;
    present.clear();
    if (closing != null) {
      closing.close();
    }
    inner.remove();
  }

  private TunDevice opened() {
    TunDevice opened = device;
    if (opened == null) {
      throw new IllegalStateException("the gate is not installed");
    }
    return opened;
  }
}
