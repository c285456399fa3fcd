package dev.thresher.vip.l2;

import com.google.common.net.InetAddresses;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.linux.Errno;
import dev.thresher.vip.linux.LentAddresses.Place;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.SystemResult;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A gate that also makes some addresses the node's own while they are open, for servers of the
/// node that accept connections to them.
///
/// The node has an address only while the inner gate is open for it, which keeps the kernel from
/// answering ARP and neighbour discovery in the process's place. What somebody takes from the node
/// meanwhile is given to it again.
///
/// An address that the kernel is silent about stays on the node for a moment after the gate was
/// closed for it: neighbours send here until they hear of the next holder, and connections that are
/// being answered are answered to their end.
public final class DeviceGate extends ForwardingGate {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceGate.class);

  /// Reason of what is told when somebody took an address from the node.
  public static final String REPAIRED = "AddressRepaired";

  /// Longer than a lease by a majority: the next holder has announced itself by then.
  static final Duration STAY = Duration.ofSeconds(1);

  private final Predicate<InetAddress> owned;
  private final List<DeviceKind> kinds;
  private final NodeNetwork network;
  private final Notices notices;
  private final Timeline timeline;
  private final Opener opener;
  private final Set<InetAddress> present = new HashSet<>();

  /// Those that are still there, each with the number of its leave.
  private final Map<InetAddress, Long> leaving = new HashMap<>();

  private Set<InetAddress> silent = Set.of();
  private long leaves;
  private @Nullable NodeDevice device;
  private long repairs;

  /// @param owned which addresses the node must have itself; any thread
  /// @param kinds where they are: the first that the kernel and the container allow
  /// @param network all of it, followed already
  public DeviceGate(
      AddressGate inner,
      Predicate<InetAddress> owned,
      List<DeviceKind> kinds,
      NodeNetwork network,
      Notices notices,
      Timeline timeline) {
    this(inner, owned, kinds, network, notices, timeline, DeviceGate::open);
  }

  /// Makes a device of a kind.
  interface Opener {
    SystemResult<NodeDevice> open(DeviceKind kind);
  }

  DeviceGate(
      AddressGate inner,
      Predicate<InetAddress> owned,
      List<DeviceKind> kinds,
      NodeNetwork network,
      Notices notices,
      Timeline timeline,
      Opener opener) {
    super(inner);
    this.owned = owned;
    this.kinds = List.copyOf(kinds);
    this.network = network;
    this.notices = notices;
    this.timeline = timeline;
    this.opener = opener;
  }

  /// How often an address had been taken from the node and was given to it again.
  public synchronized long repairs() {
    return repairs;
  }

  @Override
  public synchronized void install() {
    super.install();
    // Made at the start, so that what is missing for it ends the start, and not a take-over.
    try {
      device = open();
    } catch (IllegalStateException e) {
      super.remove();
      throw e;
    }
    network.onChange(this::repair);
  }

  private synchronized void repair(LinuxNetwork now) {
    NodeDevice using = device;
    if (using == null) {
      return;
    }
    for (InetAddress address : present) {
      switch (using.restore(address, now)) {
        case SystemResult.Ok<Boolean>(Boolean missing) -> {
          if (missing) {
            repaired(address, using.where());
          }
        }
        case SystemResult.Failed<Boolean> failed ->
            LOG.atError()
                .addKeyValue("address", address.getHostAddress())
                .addKeyValue("where", using.where())
                .addKeyValue("reason", failed)
                .log("an address of the control plane is gone and cannot be given again");
      }
    }
  }

  private void repaired(InetAddress address, String where) {
    repairs++;
    LOG.atWarn()
        .addKeyValue("address", InetAddresses.toAddrString(address))
        .addKeyValue("where", where)
        .log("an address of the control plane had vanished, giving it again");
    notices.tell(
        REPAIRED,
        "the control plane's address "
            + InetAddresses.toAddrString(address)
            + " had been removed from this node ("
            + where
            + ") and is there again; whoever removes it should leave it alone while this node"
            + " holds it");
  }

  private NodeDevice open() {
    String reason = kinds.size() == 1 ? "vip_device says so" : "it dies with this process";
    for (DeviceKind kind : kinds) {
      switch (opener.open(kind)) {
        case SystemResult.Ok<NodeDevice>(NodeDevice opened) -> {
          LOG.atInfo()
              .addKeyValue("where", opened.where())
              .addKeyValue("reason", reason)
              .log("the node has the control plane's address itself while it holds it");
          return opened;
        }
        case SystemResult.Failed<NodeDevice> failed -> {
          boolean mayTryNext = failed.errno().isAbsent() || failed.errno().isNotPermitted();
          if (!mayTryNext || kind == kinds.getLast()) {
            throw new IllegalStateException(failed + advice(kind, failed.errno()));
          }
          reason = "no " + kind + ": " + failed;
        }
      }
    }
    throw new IllegalStateException("no device was named");
  }

  private static SystemResult<NodeDevice> open(DeviceKind kind) {
    return switch (kind) {
      case TUN -> TunNodeDevice.open();
      case NIC ->
          LendingDevice.open(
              "the interface that answers", link -> new Place(link.index(), link.name()));
      case LO -> LendingDevice.open("lo", _ -> Place.LOOPBACK);
    };
  }

  private static String advice(DeviceKind kind, Errno errno) {
    if (kind != DeviceKind.TUN) {
      return "; the control plane's address needs the capability NET_ADMIN and nftables";
    }
    if (errno.isAbsent()) {
      return "; the control plane's address needs /dev/net/tun: mount it into the pod (hostPath,"
          + " type CharDevice) and load the kernel module tun, or let vip_device be lo";
    }
    if (errno.isNotPermitted()) {
      return "; the control plane's address needs the capability NET_ADMIN and leave for the device"
          + " /dev/net/tun (10:200), which containerd with runc 1.2.0 to 1.2.3 does not give; or"
          + " let vip_device be lo";
    }
    return "; is another vip-manager running on this node?";
  }

  @Override
  public synchronized void open(Map<InetAddress, Link> addresses) {
    super.open(addresses);
    addresses.forEach((address, on) -> {
      if (!owned.test(address) || present.contains(address)) {
        return;
      }
      if (give(address, on) instanceof SystemResult.Failed<Integer> failed) {
        close(addresses.keySet());
        throw new IllegalStateException(
            "the address "
                + address.getHostAddress()
                + " cannot be given to the node ("
                + opened().where()
                + "), somebody else may have put it there: "
                + failed);
      }
      present.add(address);
    });
  }

  private SystemResult<Integer> give(InetAddress address, Link on) {
    // It may be answered on another interface now.
    if (leaving.remove(address) != null
        && opened().remove(address) instanceof SystemResult.Failed<Integer> failed
        && !failed.errno().isAbsent()) {
      return failed;
    }
    return opened().add(address, on);
  }

  @Override
  public synchronized void close(Set<InetAddress> addresses) {
    Set<InetAddress> now = new HashSet<>();
    for (InetAddress address : addresses) {
      if (present.remove(address)) {
        if (silent.contains(address)) {
          leave(address);
        } else {
          now.add(address);
        }
      }
    }
    // If one stays, the inner gate stays: it keeps the kernel from answering for it.
    take(now);
    super.close(addresses);
  }

  private void leave(InetAddress address) {
    long number = ++leaves;
    leaving.put(address, number);
    timeline.after(STAY, () -> left(address, number));
  }

  private synchronized void left(InetAddress address, long number) {
    if (leaving.remove(address, number)) {
      takeOrSay(Set.of(address));
    }
  }

  /// What is not known any more is not left behind, either.
  @Override
  public synchronized void silence(Set<InetAddress> addresses) {
    Set<InetAddress> unknown = new HashSet<>(leaving.keySet());
    unknown.removeAll(addresses);
    leaving.keySet().removeAll(unknown);
    takeOrSay(unknown);
    super.silence(addresses);
    silent = Set.copyOf(addresses);
  }

  private void takeOrSay(Set<InetAddress> addresses) {
    try {
      take(addresses);
    } catch (IllegalStateException e) {
      LOG.atError().setCause(e).log("this node keeps an address that it does not hold");
    }
  }

  /// @throws IllegalStateException if the node keeps one
  private void take(Set<InetAddress> addresses) {
    IllegalStateException failure = null;
    for (InetAddress address : addresses) {
      if (opened().remove(address) instanceof SystemResult.Failed<Integer> failed
          && !failed.errno().isAbsent()) {
        failure =
            new IllegalStateException(
                "the address "
                    + address.getHostAddress()
                    + " stays on "
                    + opened().where()
                    + ": "
                    + failed);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public synchronized void remove() {
    NodeDevice closing = device;
    device = null;
    present.clear();
    leaving.clear();
    if (closing != null) {
      closing.close();
    }
    super.remove();
  }

  private NodeDevice opened() {
    NodeDevice opened = device;
    if (opened == null) {
      throw new IllegalStateException("the gate is not installed");
    }
    return opened;
  }
}
