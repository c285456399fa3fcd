package dev.thresher.vip.app;

import dev.thresher.api.names.OwnershipNames;
import dev.thresher.vip.app.Setting.Effect;
import dev.thresher.vip.services.KnownAnnotations;
import dev.thresher.vip.services.KubeVipMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The table of settings as text: for the terminal and for the reference page.
final class Help {

  private Help() {}

  static String text() {
    StringBuilder out = new StringBuilder();
    out.append(
        """
        vip-manager holds the virtual addresses of Services and of the control plane on the nodes of a
        cluster.

        Usage:
          vip-manager manager [flags]             run; so does service
          vip-manager status [--json]             say what the process of this node knows
          vip-manager explain ADDRESS [--json]    say who holds an address, why, why no other, who is next
          vip-manager voters [flags]              say who votes about the right by a majority
          vip-manager voters force NODE,NODE --others-are-off [flags]
                                                  replace voters of which a majority is lost
          vip-manager voters end --all-are-off [flags]
                                                  go back to the right by Leases
          vip-manager drain [--wait SECONDS]      hand over what other nodes can hold; --undo ends that
          vip-manager rebalance [--dry-run] [--rate N] [--json]
                                                  hand over what a choice afresh gives to other nodes
          vip-manager manifest pod [flags]        print a static pod that runs with these settings
          vip-manager manifest daemonset [flags]  print a DaemonSet; --taint: on the control plane only
          vip-manager manifest rbac               print what the DaemonSet may do
          vip-manager kubeadm init|join [flags]   print the static pod of a control plane
          vip-manager sample                      print a file for config_file
          vip-manager version
          vip-manager help

        Every flag has a twin in the environment, which goes before the flag, as with kube-vip.
        """);
    for (Setting.Group group : Setting.Group.values()) {
      List<Setting> acting =
          Settings.ALL.stream()
              .filter(setting -> setting.group() == group)
              .filter(setting -> setting.effect() instanceof Effect.Acts)
              .toList();
      if (acting.isEmpty()) {
        continue;
      }
      out.append('\n').append(group.title()).append(":\n");
      for (Setting setting : acting) {
        out.append("  ").append(names(setting, ", ")).append('\n');
        out.append("        ").append(setting.about());
        if (!setting.fallback().isEmpty()) {
          out.append(" (default ").append(setting.fallback()).append(')');
        }
        out.append('\n');
      }
    }
    out.append("\nAccepted for compatibility, without effect:\n  ");
    out.append(list(Effect.Accepted.class));
    out.append("\n\nRefused; any value but the default ends the start:\n  ");
    out.append(list(Effect.Refused.class)).append('\n');
    return out.toString();
  }

  /// The page `docs/reference/vip-manager.md`.
  static String markdown() {
    StringBuilder out = new StringBuilder();
    out.append(
        """
        # vip-manager: settings

        <!-- Written by the build from dev.thresher.vip.app.Settings: change it there. -->

        `vip-manager manager` takes kube-vip's environment variables, flags and file. The environment goes before the flags, and both before the file that `config_file` names. An empty variable counts as unset.
        A setting that is *refused* ends the start with a message if it has any value but the default. One that is accepted *without effect* is named in a warning of the log if it has any value but the default; so is a variable that begins like one of kube-vip's and is none. What is set and has no effect in the mode chosen by other settings (a setting of `majority` with `leases`, one of the control plane without `cp_enable`, and the like) is named there with its value, the reason and what to use instead; if it comes by the file while the program runs, by an Event of the Node (`ConfigWithoutEffect`), too.

        The file is looked at every 5 s. What is marked ↻ is followed without a restart and without dropping an address; what else changed is named in the log, by an Event of the Node (`ConfigNeedsRestart`) and by `thresher_vip_config_restart_settings`. A file with a mistake
        changes nothing: the last good one stays in force, and log, Event (`ConfigRefused`) and `thresher_vip_config_good` say so with the setting, its value and what to write. Keys in `vip_mesh_keys` are read again every 10 s. Those that cannot be read leave the last good ones in use (Event `MeshKeysRefused`, `thresher_vip_mesh_keys_good`); a node none of whose messages has fitted a key for 10 s is named by the Event `MeshKeysUnlike` and counted by `thresher_vip_mesh_keys_unlike`; connections on which nobody proved to have a key are counted by `thresher_vip_mesh_unproven_total`. The environment and flags of a process do not change.

        | command | what it does |
        |---|---|
        | `manager`, `service` | runs |
        | `status` | asks the process of this node, by its socket, for every address: holder, what is done here, since when it has its holder (`>`: for longer than this process runs), who would be next; what gives the right, how long this node's lease runs yet, which voters there are, are heard and answer, and which nodes say nothing; which addresses Services name and do not get; *fenced by the process only* where the kernel does not end leases (before Linux 5.16); `--json` for programs (`fencedBy`: `kernel`, `process`, or empty without leases) |
        | `explain ADDRESS` | the same for one address, with its epoch, the reason for the node and, for each other node, why not there; which voters granted it to this node or refused it and why, and to whom this node has promised it as a voter; which Services name it and do not get it, and why: refused, waiting for an endpoint, not served (in JSON `unheld`); whom this node's kernel takes for its owner, by MAC, interface, state as `ip neighbour` has it, and node if a record of networks knows the MAC: a stale one sends this node's own packets astray (in JSON `neighbors`) |
        | `voters` | says who votes about the right by a majority |
        | `voters force NODE,NODE --others-are-off` | replaces the voters when a majority of them is lost ([when](../design/virtual-ip-guarantees.md)) |
        | `voters end --all-are-off` | opens the way back to the right by Leases ([how](../how-to/change-the-right.md)) |
        | `drain` | has the process of this node hand over every address that another node can hold, take none that another can, and waits (`--wait SECONDS`, 30) until it holds nothing; `--undo` ends that, as the end of the process does; exit status 1 if something is left; refused with profile `compatible`, where a node knows of no other that could take its addresses |
        | `rebalance` | has the process of this node hand over, one group of addresses after the other, what the choice would give to other nodes if nobody held anything yet ([when](../how-to/spread-addresses-again.md)); at most `--rate N` a second (5); `--dry-run` only says what and to whom, `--json` for programs; exit status 1 if something stayed |
        | `manifest pod` | prints a static pod that runs with the settings given: read-only root, NET_ADMIN and NET_RAW and nothing else |
        | `manifest daemonset` | prints a DaemonSet under the ServiceAccount `vip-manager`; with `--taint` on nodes of the control plane only |
        | `manifest rbac` | prints that ServiceAccount with its roles, the one for Leases in `cp_namespace`; with `enable_node_labeling` also the right to write nodes; with `vip_profile=compatible` what going by kube-vip's Leases needs, with `svc_election` or `per_service_election_on_demand` for Leases in all namespaces |
        | `kubeadm init`, `kubeadm join` | as `manifest pod` with `cp_enable` and `vip_arp` |
        | `sample` | prints a file for `config_file` |
        | `version` | prints version, commit and Java |

        `manifest` and `kubeadm` take `--image`, the container's image. Unless told otherwise they say
        `vip_profile=full`, `vip_right=majority` and `vip_bootstrap=true`, with the keys in `/etc/vip-manager/mesh` (of the
        Secret `vip-manager-mesh`, in a static pod of the node) and the state in `/var/lib/vip-manager` of the node.
        """);
    for (Setting.Group group : Setting.Group.values()) {
      List<Setting> settings =
          Settings.ALL.stream().filter(setting -> setting.group() == group).toList();
      out.append("\n## ").append(group.title()).append("\n\n");
      out.append("| variable | flag | default | what it does |\n|---|---|---|---|\n");
      for (Setting setting : settings) {
        out.append("| ")
            .append(code(setting.variable()))
            .append(" | ")
            .append(setting.flag().isEmpty() ? "" : code("--" + setting.flag()))
            .append(" | ")
            .append(code(setting.fallback()))
            .append(" | ")
            .append(effect(setting))
            .append(" |\n");
      }
    }
    out.append("\n## Annotations of Services\n\n");
    out.append(
        "What is refused or reported is an Event of the Service (`AddressRefused`) with the value"
            + " and what to do. `false` counts as absent. No Service gets an address that nodes name"
            + " as their control plane's (annotation `"
            + OwnershipNames.CONTROL_PLANE
            + "` of their Lease, profile `full`), on whatever node it would be held: that lasts until the"
            + " node runs without `cp_enable` or with another `address`, or its Lease is gone, which goes"
            + " with the Node; a node that is off or was uninstalled keeps its word. Profile `compatible`"
            + " knows the address on nodes with `cp_enable` only.\n\n");
    out.append(
        "With `svc_namespace` the Services of that namespace are read and no others. The addresses"
            + " of API servers (EndpointSlices of `default/kubernetes`, which the role must allow to"
            + " list and watch) are known and given to no Service all the same. What Services of other"
            + " namespaces have is not: an address in `clusterIPs`, `externalIPs` or the status of one"
            + " of them is refused only where something else says whose it is, as a `ServiceCIDR` does"
            + " of cluster addresses; `vip_allowed_ranges` keeps all others out.\n\n");
    out.append("| annotation | what becomes of it |\n|---|---|\n");
    for (KnownAnnotations.Row row : KnownAnnotations.all()) {
      out.append("| ").append(code(row.name())).append(" | ").append(row.effect()).append(" |\n");
    }
    out.append("\n## Metrics under kube-vip's names\n\n");
    out.append(
        "Dashboards for kube-vip read these. The program's own begin with `thresher_vip_`.\n\n");
    out.append("| metric | labels | what it is here |\n|---|---|---|\n");
    for (KubeVipMetrics.Row row : KubeVipMetrics.all()) {
      out.append("| ").append(code(row.name())).append(" | ").append(code(row.labels()));
      out.append(" | ").append(row.effect()).append(" |\n");
    }
    return out.toString();
  }

  /// A configuration file in which every acting setting stands as a comment with its fallback.
  static String sample() {
    StringBuilder out = new StringBuilder();
    out.append("# What the environment or a flag says goes before this file.\n");
    for (Setting setting : Settings.ALL) {
      if (setting.effect() instanceof Effect.Acts && !setting.variable().isEmpty()) {
        out.append("\n# ").append(setting.about()).append("\n# ").append(setting.variable());
        out.append(": ");
        out.append(
            setting.kind() == Setting.Kind.TEXT
                ? "\"" + setting.fallback() + "\""
                : setting.fallback());
        out.append('\n');
      }
    }
    return out.toString();
  }

  private static String effect(Setting setting) {
    return switch (setting.effect()) {
      case Effect.Acts(var followed) -> setting.about() + (followed ? " ↻" : "");
      case Effect.Accepted(var why) -> "accepted, without effect: " + why;
      case Effect.Refused(var instead) -> "**refused**: " + instead;
    };
  }

  private static String code(String text) {
    return text.isEmpty() ? "" : "`" + text + "`";
  }

  private static String names(Setting setting, String between) {
    List<String> names = new ArrayList<>();
    if (!setting.flag().isEmpty()) {
      names.add("--" + setting.flag());
    }
    if (!setting.variable().isEmpty()) {
      names.add(setting.variable());
    }
    return String.join(between, names);
  }

  private static String list(Class<? extends Effect> effect) {
    return Settings.ALL.stream()
        .filter(setting -> effect.isInstance(setting.effect()))
        .map(setting -> setting.variable().isEmpty() ? "--" + setting.flag() : setting.variable())
        .collect(Collectors.joining(", "));
  }
}
