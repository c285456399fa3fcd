package dev.thresher.e2e.lab;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Bridges in a namespace, and the faults on their ports.
///
/// A fault acts on the port, outside the namespace of the machine behind it: rules inside that
/// machine would not cut packet sockets, and a test that wipes the machine's rules would mend the
/// link.
final class Switch {
  private static final String TABLE = "thresher_lab";

  private final Namespace namespace;
  private final Set<String> mutedFrom = new TreeSet<>();
  private final Set<String> mutedTo = new TreeSet<>();

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

  void up(String port, boolean up) {
    namespace.ip(List.of("link set " + port + (up ? " up" : " down")));
  }

  synchronized void mute(String port, boolean from, boolean to) {
    change(mutedFrom, port, from);
    change(mutedTo, port, to);
    var rules = new StringBuilder();
    rules.append("add table bridge ").append(TABLE).append('\n');
    rules.append("delete table bridge ").append(TABLE).append('\n');
    rules.append("table bridge ").append(TABLE).append(" {\n");
    rules.append("chain from { type filter hook prerouting priority -300;\n");
    mutedFrom.forEach(p -> rules.append("iifname \"").append(p).append("\" drop\n"));
    rules.append("}\nchain to { type filter hook postrouting priority -300;\n");
    mutedTo.forEach(p -> rules.append("oifname \"").append(p).append("\" drop\n"));
    rules.append("}\n}\n");
    namespace.run(List.of("nft", "-f", "-"), rules.toString());
  }

  private static void change(Set<String> ports, String port, boolean in) {
    if (in) {
      ports.add(port);
    } else {
      ports.remove(port);
    }
  }
}
