package dev.thresher.ccm.kubevirt;

import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.lifecycle.Component;
import java.util.List;
import java.util.Optional;

/// The provider `kubevirt`: instances and load balancers, each unless it is switched off; no
/// routes.
///
/// @param caches all that the parts read
/// @param background the checks of what the host and the guest allow
public record KubeVirtProvider(
    Optional<Instances> instances,
    Optional<LoadBalancers> loadBalancers,
    List<Informer<?>> caches,
    List<Component> background)
    implements CloudProvider {

  public KubeVirtProvider {
    caches = List.copyOf(caches);
    background = List.copyOf(background);
  }

  @Override
  public String name() {
    return KubeVirtCloudNames.PROVIDER;
  }
}
