package dev.thresher.e2e.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// kube-proxy.
///
/// @param mode how it programs the kernel
/// @param minSync least time between two syncs; `--iptables-min-sync-period` governs nftables mode
///   too
/// @param sync most time between two syncs
record KubeProxy(Workspace workspace, ProxyMode mode, Duration minSync, Duration sync) {

  /// Starts it on a machine, and again whenever it ends: it ends by itself when its node's
  /// addresses change, and counts on a kubelet.
  LabProcess start(Namespace namespace, ControlPlane cluster, String node, Addresses pods) {
    Path kubeconfig = cluster.kubeconfig(cluster.certificateUser("system:kube-proxy"), "default");
    var command = new ArrayList<>(ControlPlaneProcesses.RESTARTED);
    command.addAll(workspace.kubernetes("kube-proxy"));
    command.addAll(
        List.of(
            "--kubeconfig=" + kubeconfig,
            "--proxy-mode=" + mode.word(),
            "--hostname-override=" + node,
            "--cluster-cidr=" + String.join(",", pods.all()),
            // Both belong to the whole machine and cannot be set from a namespace.
            "--conntrack-max-per-core=0",
            "--conntrack-min=0",
            "--iptables-min-sync-period=" + minSync.toMillis() + "ms",
            "--iptables-sync-period=" + sync.toMillis() + "ms",
            "--healthz-bind-address=[::]:10256",
            "--metrics-bind-address=127.0.0.1:10249"));
    return namespace.start("kube-proxy", command, Map.of());
  }
}
