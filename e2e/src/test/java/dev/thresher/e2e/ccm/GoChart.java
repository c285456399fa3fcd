package dev.thresher.e2e.ccm;

/// What the chart of harvester-cloud-provider, 0.2.15, allows its program in the guest, as YAML.
final class GoChart {

  private GoChart() {}

  static String role(String name) {
    return """
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: %s
    rules:
      - apiGroups: [""]
        resources: [services, nodes, events]
        verbs: [get, list, watch, create, update, patch]
      - apiGroups: [""]
        resources: [services/status, nodes/status]
        verbs: [update, patch]
      - apiGroups: [coordination.k8s.io]
        resources: [leases]
        verbs: [get, create, update]
      - apiGroups: [""]
        resources: [configmaps]
        verbs: [get, list, watch, create, update]
    """
        .formatted(name);
  }

  /// Binds the role to the account of the same name in `kube-system`.
  static String binding(String name) {
    return """
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata:
      name: %1$s
    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: ClusterRole
      name: %1$s
    subjects:
      - kind: ServiceAccount
        name: %1$s
        namespace: kube-system
    """
        .formatted(name);
  }
}
