package dev.thresher.e2e.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Bridges in a namespace, and the faults on their ports.
///
/// A fault acts on the port, outside the namespace of the machine behind it: rules inside that
/// machine would not cut packet sockets, and a test that wipes the machine's rules would mend the
/// link.
final class Switch {
  private static final String TABLE = "thresher_lab";

  private final Namespace namespace;
  private final Map<String, Loss> losses = new TreeMap<>();
  private final List<Partition> partitions = new ArrayList<>();
  private final Map<String, Relay> relays = new HashMap<>();
  private final AtomicInteger relayNumbers = new AtomicInteger();

  /// @param from percentage of the frames from the machine that is dropped
  /// @param to percentage of the frames to the machine that is dropped
  record Loss(int from, int to) {
    Loss {
      if (from < 0 || from > 100 || to < 0 || to > 100) {
        throw new IllegalArgumentException(
            "loss: want percentages from 0 to 100, got " + from + " and " + to);
      }
    }

    static final Loss NONE = new Loss(0, 0);
  }

  private record Partition(Addresses one, Addresses other) {}

  /// A delayed port: the process carries frames between it and `inner`, whose peer hangs on the
  /// bridge.
  private record Relay(LabProcess process, String inner, String outer, String bridge) {}

  Switch(Namespace namespace) {
    this.namespace = namespace;
  }

  Namespace namespace() {
    return namespace;
  }

  /// @param snooping whether the bridge forwards multicast only to ports that asked for it, and
  ///   asks them itself every 10 s
  void addBridge(String bridge, String mac, boolean snooping) {
    namespace.ip(
        List.of(
            "link add name "
                + bridge
                + " address "
                + mac
                + " type bridge forward_delay 0 stp_state 0 mcast_snooping "
                + (snooping
                    ? "1 mcast_querier 1 mcast_query_interval 1000 mcast_startup_query_interval 100"
                        + " mcast_query_response_interval 100"
                    : "0"),
            "link set " + bridge + " up"));
  }

  /// Connects an interface of another namespace.
  Link attach(String bridge, String port, Namespace peer, String peerInterface, String peerMac) {
    namespace.ip(
        List.of(
            "link add name "
                + port
                + " type veth peer name "
                + peerInterface
                + " address "
                + peerMac
                + " netns "
                + peer.name(),
            "link set " + port + " master " + bridge + " up"));
    peer.ip(List.of("link set " + peerInterface + " up"));
    return new Link(this, port);
  }

  /// Name of the bridge that a port belongs to.
  String bridgeOf(String port) {
    return namespace
        .run(List.of("sh", "-c", "basename \"$(readlink /sys/class/net/" + port + "/master)\""))
        .strip();
  }

  void up(String port, boolean up) {
    namespace.ip(List.of("link set " + port + (up ? " up" : " down")));
  }

  synchronized void lose(String port, Loss loss) {
    if (loss.equals(Loss.NONE)) {
      losses.remove(port);
    } else {
      losses.put(port, loss);
    }
    writeRules();
  }

  /// Drops all IP packets between two machines that cross this switch.
  synchronized void separate(Addresses one, Addresses other, boolean separate) {
    var partition = new Partition(one, other);
    partitions.remove(partition);
    if (separate) {
      partitions.add(partition);
    }
    writeRules();
  }

  synchronized void delay(String port, Duration toMachine, Duration fromMachine) {
    Relay before = relays.remove(port);
    String bridge;
    if (before == null) {
      bridge = bridgeOf(port);
      namespace.ip(List.of("link set " + port + " nomaster"));
    } else {
      bridge = before.bridge();
      before.process().kill();
      namespace.ip(List.of("link delete " + before.inner()));
    }
    if (toMachine.isZero() && fromMachine.isZero()) {
      namespace.ip(List.of("link set " + port + " master " + bridge));
    } else {
      relays.put(port, relay(port, bridge, toMachine, fromMachine));
    }
    writeRules();
  }

  private Relay relay(String port, String bridge, Duration toMachine, Duration fromMachine) {
    int number = relayNumbers.incrementAndGet();
    String inner = "delay" + number + "i";
    String outer = "delay" + number + "o";
    namespace.ip(
        List.of(
            "link add name " + inner + " type veth peer name " + outer,
            "link set " + inner + " addrgenmode none up",
            "link set " + outer + " master " + bridge + " up"));
    LabProcess process =
        namespace.start(
            "relay-" + port + "-" + number,
            List.of(
                namespace.workspace().programs().netlab().toString(),
                "relay",
                "-a=" + port,
                "-b=" + inner,
                "-to-a=" + toMachine.toNanos() + "ns",
                "-to-b=" + fromMachine.toNanos() + "ns"),
            Map.of());
    process.awaitOutput("relaying");
    return new Relay(process, inner, outer, bridge);
  }

  private void writeRules() {
    var from = new StringBuilder();
    var to = new StringBuilder();
    losses.forEach((port, loss) -> {
      Relay relay = relays.get(port);
      String bridgePort = relay == null ? port : relay.outer();
      from.append(drop("iifname", bridgePort, loss.from()));
      to.append(drop("oifname", bridgePort, loss.to()));
    });
    for (Partition p : partitions) {
      from.append(drop("ip", p.one().ipv4(), p.other().ipv4()));
      from.append(drop("ip", p.other().ipv4(), p.one().ipv4()));
      from.append(drop("ip6", p.one().ipv6(), p.other().ipv6()));
      from.append(drop("ip6", p.other().ipv6(), p.one().ipv6()));
    }
    // Added before it is deleted, so that it can be deleted whether or not it was there.
    namespace.run(
        List.of("nft", "-f", "-"),
        """
        add table bridge %1$s
        delete table bridge %1$s
        table bridge %1$s {
          chain from {
            type filter hook prerouting priority -300
        %2$s
          }
          chain to {
            type filter hook postrouting priority -300
        %3$s
          }
        }
        """
            .formatted(TABLE, from, to));
  }

  private static String drop(String direction, String port, int percent) {
    return switch (percent) {
      case 0 -> "";
      case 100 -> "%s \"%s\" drop\n".formatted(direction, port);
      default -> "%s \"%s\" numgen random mod 100 < %d drop\n".formatted(direction, port, percent);
    };
  }

  private static String drop(String family, String source, String destination) {
    return "%1$s saddr %2$s %1$s daddr %3$s drop\n".formatted(family, source, destination);
  }
}
