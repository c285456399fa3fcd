package dev.thresher.vip.manifest;

import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/// Pods and DaemonSets as YAML: no privilege but NET_ADMIN and NET_RAW, nothing writable but
/// directories in memory and that of the node's state. Pure.
public final class Manifests {

  private static final String NAME = "vip-manager";
  private static final String MESH_KEYS = "vip-manager-mesh";

  /// What has rights in one namespace, and is in it.
  private static final Pattern ROLE =
      Pattern.compile(
          "(kind: Role(?:Binding)?\nmetadata:\n  name: \\S+\n  namespace: )kube-system");

  private Manifests() {}

  /// A static pod, for the manifest directory of a kubelet.
  public static String pod(Plan plan) {
    return """
    apiVersion: v1
    kind: Pod
    metadata:
      name: %s
      namespace: kube-system
      labels:
        app.kubernetes.io/name: %s
    spec:
    """
            .formatted(NAME, NAME)
        + spec(plan, Manifests::fromNode).indent(2);
  }

  /// A DaemonSet, which needs what [#rbac] says.
  public static String daemonSet(Plan plan) {
    String template =
        """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata:
          name: %s
          namespace: kube-system
          labels:
            app.kubernetes.io/name: %s
        spec:
          selector:
            matchLabels:
              app.kubernetes.io/name: %s
          updateStrategy:
            type: RollingUpdate
            rollingUpdate:
              maxUnavailable: 1
          template:
            metadata:
              labels:
                app.kubernetes.io/name: %s
            spec:
        """
            .formatted(NAME, NAME, NAME, NAME);
    return template
        + (plan.controlPlaneNodes() ? placement() : "").indent(6)
        + spec(plan, Manifests::fromSecret).indent(6);
  }

  /// ServiceAccount, roles and their bindings, as they are shipped; the account and its pods are in
  /// kube-system.
  ///
  /// @param leases namespace of the Leases, the only one in which the role has rights
  /// @param nodeLabels with what the labels of Nodes need
  public static String rbac(String leases, boolean nodeLabels) {
    return inNamespace(leases, "rbac.yaml")
        + (nodeLabels ? "---\n" + shipped("rbac-node-labels.yaml") : "");
  }

  /// The same for who goes by kube-vip's Leases, under the same names.
  ///
  /// @param leases namespaces of the Leases, the only ones in which the role has rights; none: all,
  ///   for Services have Leases of their own
  /// @param nodeLabels with what the labels of Nodes need
  public static String compatibleRbac(SortedSet<String> leases, boolean nodeLabels) {
    List<String> parts = new ArrayList<>();
    parts.add(shipped("rbac-compatible.yaml"));
    if (leases.isEmpty()) {
      parts.add(shipped("rbac-compatible-leases-of-services.yaml"));
    }
    leases.forEach(namespace -> parts.add(inNamespace(namespace, "rbac-compatible-leases.yaml")));
    if (nodeLabels) {
      parts.add(shipped("rbac-compatible-node-labels.yaml"));
    }
    return String.join("---\n", parts);
  }

  private static String inNamespace(String leases, String file) {
    return ROLE.matcher(shipped(file)).replaceAll("$1" + leases);
  }

  private static String shipped(String file) {
    try (InputStream in = Manifests.class.getResourceAsStream("/vip-manager/" + file)) {
      if (in == null) {
        throw new IllegalStateException("the access rules are missing in this build");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String placement() {
    return """
    affinity:
      nodeAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
            - matchExpressions:
                - key: node-role.kubernetes.io/control-plane
                  operator: Exists
            - matchExpressions:
                - key: node-role.kubernetes.io/master
                  operator: Exists
    tolerations:
      - effect: NoSchedule
        operator: Exists
      - effect: NoExecute
        operator: Exists
    """;
  }

  /// @param keys where a volume at a path has the keys from
  private static String spec(Plan plan, UnaryOperator<String> keys) {
    StringBuilder out = new StringBuilder();
    out.append("hostNetwork: true\ndnsPolicy: ClusterFirstWithHostNet\n");
    out.append("priorityClassName: system-node-critical\nterminationGracePeriodSeconds: 30\n");
    if (plan.kubeconfig().isEmpty()) {
      out.append("serviceAccountName: ").append(NAME).append('\n');
    } else {
      out.append("automountServiceAccountToken: false\n");
    }
    out.append("containers:\n  - name: ").append(NAME).append('\n');
    out.append("    image: ").append(text(plan.image())).append('\n');
    out.append("    imagePullPolicy: IfNotPresent\n    args: [manager");
    plan.flags().forEach(flag -> out.append(", ").append(text(flag)));
    out.append("]\n    env:\n");
    out.append(
        """
        - name: vip_nodename
          valueFrom:
            fieldRef:
              fieldPath: spec.nodeName
        """
            .indent(6));
    for (Plan.Variable variable : plan.environment()) {
      out.append("      - name: ").append(variable.name()).append('\n');
      out.append("        value: ").append(text(variable.value())).append('\n');
    }
    out.append(
        """
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop: [ALL]
            add: [NET_ADMIN, NET_RAW]
          seccompProfile:
            type: RuntimeDefault
        resources:
          requests:
            cpu: 50m
            memory: 96Mi
        """
            .indent(4));
    if (plan.healthPort() != 0) {
      out.append(probe("livenessProbe", "/livez", plan));
      out.append(probe("readinessProbe", "/readyz", plan));
    }
    mounts(out, plan, keys);
    return out.toString();
  }

  private static String probe(String name, String path, Plan plan) {
    return """
    %s:
      httpGet:
        host: %s
        path: %s
        port: %d
      initialDelaySeconds: 5
      periodSeconds: 10
      failureThreshold: 6
    """
        .formatted(name, text(plan.healthHost()), path, plan.healthPort())
        .indent(4);
  }

  /// A static pod cannot name a Secret.
  private static String fromNode(String path) {
    return "hostPath: {path: " + text(path) + ", type: Directory}";
  }

  private static String fromSecret(String path) {
    return "secret: {secretName: " + MESH_KEYS + ", defaultMode: 0400}";
  }

  private static void mounts(StringBuilder out, Plan plan, UnaryOperator<String> keys) {
    StringBuilder volumes = new StringBuilder();
    out.append("    volumeMounts:\n");
    mount(out, volumes, "tmp", "/tmp", false, "emptyDir: {medium: Memory, sizeLimit: 16Mi}");
    mount(
        out, volumes, "run", "/run/thresher", false, "emptyDir: {medium: Memory, sizeLimit: 1Mi}");
    if (!plan.kubeconfig().isEmpty()) {
      mount(
          out,
          volumes,
          "kubeconfig",
          plan.kubeconfig(),
          true,
          "hostPath: {path: " + text(plan.kubeconfig()) + ", type: FileOrCreate}");
    }
    plan.keys().ifPresent(path -> mount(out, volumes, "mesh-keys", path, true, keys.apply(path)));
    plan.state()
        .ifPresent(path ->
            mount(
                out,
                volumes,
                "state",
                path,
                false,
                "hostPath: {path: " + text(path) + ", type: DirectoryOrCreate}"));
    if (plan.controlPlane()) {
      mount(
          out,
          volumes,
          "tun",
          "/dev/net/tun",
          false,
          "hostPath: {path: /dev/net/tun, type: CharDevice}");
    }
    out.append("volumes:\n").append(volumes);
  }

  private static void mount(
      StringBuilder mounts,
      StringBuilder volumes,
      String name,
      String path,
      boolean readOnly,
      String source) {
    mounts.append("      - name: ").append(name).append('\n');
    mounts.append("        mountPath: ").append(text(path)).append('\n');
    if (readOnly) {
      mounts.append("        readOnly: true\n");
    }
    volumes.append("  - name: ").append(name).append("\n    ").append(source).append('\n');
  }

  /// A string as YAML, which has JSON's strings.
  private static String text(String value) {
    return new JsonPrimitive(value).toString();
  }
}
