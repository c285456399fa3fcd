package dev.thresher.e2e.cloud;

import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.User;
import java.nio.file.Path;

/// The account that kube-vip's manifests ask for.
public final class KubeVipRole {

  /// As kube-vip ships it.
  private static final String ROLE =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata:
        name: system:kube-vip-role
        annotations: {rbac.authorization.kubernetes.io/autoupdate: "true"}
      rules:
        - {apiGroups: [""], resources: [services/status], verbs: [update]}
        - {apiGroups: [""], resources: [services, endpoints], verbs: [list, get, watch, update]}
        - {apiGroups: [""], resources: [nodes], verbs: [list, get, watch, update, patch]}
        - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [list, get, watch, update, create]}
        - {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, get, watch, update]}
        - {apiGroups: [""], resources: [pods], verbs: [list]}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: system:kube-vip-binding}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:kube-vip-role}
      subjects: [{kind: ServiceAccount, name: kube-vip, namespace: kube-system}]
      """;

  private KubeVipRole() {}

  /// Makes the account and its role.
  ///
  /// @return a kubeconfig of it
  public static Path grant(Lab lab, ControlPlane cluster) {
    User account = cluster.serviceAccount("kube-system", "kube-vip");
    cluster.apply(ROLE);
    // Definitions and objects that kube-vip knows nothing of.
    lab.expectRefusals(account.name(), "list ippools", "list servicecidrs");
    return cluster.kubeconfig(account, "kube-system");
  }
}
