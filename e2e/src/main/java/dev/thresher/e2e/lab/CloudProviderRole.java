package dev.thresher.e2e.lab;

/// The role that Harvester grants to the cloud provider of a guest: exactly its rules, no more.
final class CloudProviderRole {
  private CloudProviderRole() {}

  static User grant(ControlPlane host, String guest, String namespace) {
    host.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata:
          name: harvesterhci.io:cloudprovider
        rules:
          - apiGroups: [loadbalancer.harvesterhci.io]
            resources: [loadbalancers]
            verbs: [get, list, watch, create, update, delete]
          - apiGroups: [kubevirt.io]
            resources: [virtualmachines, virtualmachineinstances]
            verbs: [get, list, watch]
          - apiGroups: [subresources.kubevirt.io]
            resources:
              - virtualmachines/addvolume
              - virtualmachines/removevolume
              - virtualmachineinstances/addvolume
              - virtualmachineinstances/removevolume
              - virtualmachineinstances/guestosinfo
            verbs: [get, update]
          - apiGroups: [""]
            resources: [pods]
            verbs: [get, list, watch]
          - apiGroups: [""]
            resources: [persistentvolumeclaims, persistentvolumeclaims/status]
            verbs: ["*"]
        """);
    User user = host.serviceAccount(namespace, guest);
    host.apply(
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata:
          name: %1$s-%2$s
          namespace: %1$s
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: ClusterRole
          name: harvesterhci.io:cloudprovider
        subjects:
          - kind: ServiceAccount
            name: %2$s
            namespace: %1$s
        """
            .formatted(namespace, guest));
    return user;
  }
}
