package dev.thresher.vip.app;

import dev.thresher.vip.app.Setting.Group;
import dev.thresher.vip.app.Setting.Kind;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import dev.thresher.vip.lease.LeaseConfig;
import dev.thresher.vip.lease.NoMajority;
import dev.thresher.vip.lease.TwoNodes;
import dev.thresher.vip.lease.VoterRecord;
import dev.thresher.vip.majority.MajorityConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The settings of the right by a majority of voters: a part of the table of [Settings].
/// [#START_LEADER] stands among those of the control plane, where kube-vip has it.
final class MajoritySettings {

  private static final String BY_MAJORITY = "majority";
  private static final String OURS = " (of this program, not of kube-vip)";
  private static final Duration SHORTEST_BEAT = Duration.ofMillis(12);
  private static final Duration LONGEST_BEAT = Duration.ofMillis(100);

  static final Setting RIGHT =
      Setting.acts(
          "vip_right",
          "right",
          Kind.TEXT,
          "leases",
          Group.OWNERSHIP,
          "what says who may hold an address: `leases` in the API server, which need nothing else,"
              + " or `majority`, voters among the nodes, which the printed manifests say; the same"
              + " on all nodes"
              + OURS);
  static final Setting BOOTSTRAP =
      Setting.acts(
          "vip_bootstrap",
          "bootstrap",
          Kind.BOOL,
          "false",
          Group.OWNERSHIP,
          "with `majority`: found the record of voters if the API server has none" + OURS);
  static final Setting START_LEADER =
      Setting.acts(
          "vip_startleader",
          "",
          Kind.BOOL,
          "false",
          Group.CONTROL_PLANE,
          "kube-vip's name for `vip_bootstrap`: with `majority` it does the same; with `leases` it"
              + " has no effect, for the first node with an API server takes the address");
  static final Setting LEASE =
      Setting.acts(
          "vip_majority_lease",
          "majority-lease",
          Kind.NUMBER,
          "400",
          Group.OWNERSHIP,
          "with `majority`: milliseconds of a lease, 50 to 10000; a silent node is replaced after so"
              + " long. A change is carried out by the first voter by name, so give all nodes the"
              + " same"
              + OURS);
  static final Setting NO_MAJORITY =
      Setting.acts(
          "vip_no_majority",
          "no-majority",
          Kind.TEXT,
          "silent",
          Group.OWNERSHIP,
          "with `majority`: what a holder does that reaches no majority, `silent` or `keep`, which"
              + " is unsafe"
              + OURS);
  static final Setting TWO_NODES =
      Setting.acts(
          "vip_two_node",
          "two-node",
          Kind.TEXT,
          "safe",
          Group.OWNERSHIP,
          "with `majority`, of two nodes: what one does that reaches neither the other nor the API"
              + " server, `safe` (it falls silent) or `available` (it holds; two may)"
              + OURS);
  static final Setting KEYS =
      Setting.acts(
          "vip_mesh_keys",
          "mesh-keys",
          Kind.TEXT,
          "",
          Group.OWNERSHIP,
          "directory with the keys that all nodes share, each at least 32 bytes in a file named by"
              + " a number; `leases` do without, and whoever reaches the port can then forge that a"
              + " node has died"
              + OURS);
  static final Setting INSECURE =
      Setting.acts(
          "vip_mesh_insecure",
          "mesh-insecure",
          Kind.BOOL,
          "false",
          Group.OWNERSHIP,
          "with `majority`: run without keys; whoever reaches the port can take addresses" + OURS);
  static final Setting STATE =
      Setting.acts(
          "vip_state_dir",
          "state-dir",
          Kind.TEXT,
          "",
          Group.OWNERSHIP,
          "with `majority`: directory on the host for the copy of the record of voters, for"
              + " where the other nodes are and for the NodeNetworkSetting in force; empty: none, and a"
              + " node that starts asks the API server and does not vote for 10 s"
              + OURS);

  static final List<Setting> ALL =
      List.of(RIGHT, BOOTSTRAP, LEASE, NO_MAJORITY, TWO_NODES, KEYS, INSECURE, STATE);

  private MajoritySettings() {}

  /// Whether the right by a majority of voters is asked for.
  static boolean wanted(SettingValues values) {
    return values.text(RIGHT).equals(BY_MAJORITY);
  }

  /// Empty if the right is that by Leases.
  static Optional<MajorityConfig> read(SettingValues values) {
    return switch (values.text(RIGHT)) {
      case "leases" -> Optional.empty();
      case BY_MAJORITY -> Optional.of(majority(values));
      default ->
          throw new WrongUsageException(
              "vip_right (--right) must be leases or majority, found \""
                  + values.text(RIGHT)
                  + "\"");
    };
  }

  private static MajorityConfig majority(SettingValues values) {
    Duration lease = Duration.ofMillis(values.number(LEASE));
    if (lease.compareTo(VoterRecord.SHORTEST_LEASE) < 0
        || lease.compareTo(VoterRecord.LONGEST_LEASE) > 0) {
      throw new WrongUsageException(
          "vip_majority_lease (--majority-lease) must be 50 to 10000 milliseconds, found "
              + lease.toMillis());
    }
    if (values.text(KEYS).isEmpty() && !values.bool(INSECURE)) {
      throw new WrongUsageException(
          "vip_mesh_keys (--mesh-keys) must name the directory with the shared keys, or"
              + " vip_mesh_insecure (--mesh-insecure) be true, to run without");
    }
    return new MajorityConfig(
        new LeaseConfig(
            beat(lease), policy(values.text(NO_MAJORITY)), twoNodes(values.text(TWO_NODES))),
        lease,
        values.bool(BOOTSTRAP) || values.bool(START_LEADER),
        path(values.text(STATE)));
  }

  /// Four heartbeats to a lease, and at least ten a second.
  private static Duration beat(Duration lease) {
    Duration quarter = lease.dividedBy(4);
    if (quarter.compareTo(SHORTEST_BEAT) < 0) {
      return SHORTEST_BEAT;
    }
    return quarter.compareTo(LONGEST_BEAT) > 0 ? LONGEST_BEAT : quarter;
  }

  private static NoMajority policy(String text) {
    return switch (text) {
      case "silent" -> NoMajority.SILENT;
      case "keep" -> NoMajority.KEEP;
      default ->
          throw new WrongUsageException(
              "vip_no_majority (--no-majority) must be silent or keep, found \"" + text + "\"");
    };
  }

  private static TwoNodes twoNodes(String text) {
    return switch (text) {
      case "safe" -> TwoNodes.SAFE;
      case "available" -> TwoNodes.AVAILABLE;
      default ->
          throw new WrongUsageException(
              "vip_two_node (--two-node) must be safe or available, found \"" + text + "\"");
    };
  }

  /// Directory of the keys that the nodes share, if there is one.
  static Optional<Path> keys(SettingValues values) {
    return path(values.text(KEYS));
  }

  private static Optional<Path> path(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
  }
}
