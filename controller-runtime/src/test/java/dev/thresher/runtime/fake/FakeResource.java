package dev.thresher.runtime.fake;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ResourceType;
import dev.thresher.api.cni.CniTypes;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.net.NetTypes;
import java.util.List;
import java.util.Set;

/// A resource that the store serves.
///
/// @param statusSubresource writes to the object ignore `status`, writes to `/status` ignore the
///   rest
record FakeResource(
    String group,
    String version,
    String plural,
    String kind,
    boolean namespaced,
    boolean statusSubresource) {

  private static final Set<String> WITH_STATUS_SUBRESOURCE =
      Set.of(
          "services",
          "nodes",
          "namespaces",
          "customresourcedefinitions.apiextensions.k8s.io",
          "virtualmachines.kubevirt.io",
          "addressclaims.net.thresher.dev",
          "nodereports.net.thresher.dev",
          "nodenetworks.net.thresher.dev");

  /// What the programs use.
  static final List<ResourceType<?>> KNOWN =
      List.of(
          CoreTypes.SERVICE,
          CoreTypes.NODE,
          CoreTypes.NAMESPACE,
          CoreTypes.CONFIG_MAP,
          CoreTypes.SECRET,
          CoreTypes.EVENT,
          CoreTypes.ENDPOINT_SLICE,
          CoreTypes.LEASE,
          CoreTypes.CUSTOM_RESOURCE_DEFINITION,
          CniTypes.NETWORK_ATTACHMENT_DEFINITION,
          KubeVirtTypes.VIRTUAL_MACHINE,
          KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
          LoadBalancerTypes.LOAD_BALANCER,
          LoadBalancerTypes.IP_POOL,
          NetTypes.ADDRESS_CLAIM,
          NetTypes.NODE_REPORT,
          NetTypes.NODE_NETWORK,
          NetTypes.NODE_NETWORK_SETTING);

  static FakeResource of(ResourceType<?> type) {
    return new FakeResource(
        type.group(),
        type.version(),
        type.plural(),
        type.kind(),
        type.namespaced(),
        WITH_STATUS_SUBRESOURCE.contains(type.resource()));
  }

  String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /// `plural.group`.
  String resource() {
    return group.isEmpty() ? plural : plural + "." + group;
  }
}
