package dev.thresher.e2e.lab;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/// Node objects as kubelets register them.
final class NodeObjects {
  private NodeObjects() {}

  static JsonObject hostNode(String name, Addresses addresses, List<String> roles) {
    var labels = labels(name);
    roles.forEach(role -> labels.addProperty("node-role.kubernetes.io/" + role, "true"));
    labels.addProperty("topology.kubernetes.io/zone", "zone-1");
    labels.addProperty("topology.kubernetes.io/region", "lab");
    return Json.object(
        "apiVersion",
        "v1",
        "kind",
        "Node",
        "metadata",
        Json.object("name", name, "labels", labels),
        "spec",
        Json.object());
  }

  /// A guest node whose kubelet runs with `--cloud-provider=external`: tainted, without a provider
  /// id.
  static JsonObject guestNode(String name, Addresses podNetwork, boolean uninitialized) {
    var taints = new JsonArray();
    if (uninitialized) {
      taints.add(
          Json.object(
              "key", "node.cloudprovider.kubernetes.io/uninitialized",
              "value", "true",
              "effect", "NoSchedule"));
    }
    return Json.object(
        "apiVersion",
        "v1",
        "kind",
        "Node",
        "metadata",
        Json.object("name", name, "labels", labels(name)),
        "spec",
        Json.object(
            "podCIDR", podNetwork.ipv4(),
            "podCIDRs", Json.array(podNetwork.ipv4(), podNetwork.ipv6()),
            "taints", taints));
  }

  private static JsonObject labels(String name) {
    return Json.object(
        "kubernetes.io/hostname", name,
        "kubernetes.io/os", "linux",
        "kubernetes.io/arch", "amd64");
  }

  static void condition(KubeApi api, String name, boolean ready) {
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    api.merge(
        "/api/v1/nodes/" + name + "/status",
        Json.object(
            "status",
            Json.object(
                "conditions",
                Json.array(
                    Json.object(
                        "type",
                        "Ready",
                        "status",
                        ready ? "True" : "Unknown",
                        "reason",
                        ready ? "KubeletReady" : "NodeStatusUnknown",
                        "message",
                        ready
                            ? "kubelet is posting ready status"
                            : "Kubelet stopped posting node status.",
                        "lastHeartbeatTime",
                        now,
                        "lastTransitionTime",
                        now)))));
  }

  static void addresses(KubeApi api, String name, Addresses addresses) {
    api.merge(
        "/api/v1/nodes/" + name + "/status",
        Json.object(
            "status",
            Json.object(
                "addresses",
                Json.array(
                    Json.object("type", "InternalIP", "address", addresses.ipv4()),
                    Json.object("type", "InternalIP", "address", addresses.ipv6()),
                    Json.object("type", "Hostname", "address", name)))));
  }

  static void systemUuid(KubeApi api, String name, String uuid) {
    api.merge(
        "/api/v1/nodes/" + name + "/status",
        Json.object(
            "status",
            Json.object(
                "nodeInfo",
                Json.object(
                    "systemUUID", uuid,
                    "machineID", uuid.replace("-", ""),
                    "bootID", uuid,
                    "kernelVersion", "6.18.0",
                    "osImage", "lab",
                    "containerRuntimeVersion", "containerd://2.0.0",
                    "kubeletVersion", "v1.36.3",
                    "kubeProxyVersion", "",
                    "operatingSystem", "linux",
                    "architecture", "amd64"))));
  }
}
