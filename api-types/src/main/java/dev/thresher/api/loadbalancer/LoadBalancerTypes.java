package dev.thresher.api.loadbalancer;

import dev.thresher.api.ResourceType;

/// The resources of the group `loadbalancer.harvesterhci.io`.
///
/// Neither has a status subresource: the status is written through the main resource.
public final class LoadBalancerTypes {

  public static final String GROUP = "loadbalancer.harvesterhci.io";
  public static final String VERSION = "v1beta1";

  public static final ResourceType<LoadBalancer> LOAD_BALANCER =
      new ResourceType<>(GROUP, VERSION, "loadbalancers", "LoadBalancer", true, LoadBalancer.class);

  /// Not to be taken for the `IPPool` of `network.harvesterhci.io`, which is another resource.
  public static final ResourceType<IPPool> IP_POOL =
      new ResourceType<>(GROUP, VERSION, "ippools", "IPPool", false, IPPool.class);

  private LoadBalancerTypes() {}
}
