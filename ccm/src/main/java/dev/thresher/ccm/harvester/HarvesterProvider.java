package dev.thresher.ccm.harvester;

import dev.thresher.api.names.HarvesterNames;
import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.harvester.nodes.HarvesterInstances;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.lifecycle.Component;
import java.util.List;
import java.util.Optional;

/// The provider `harvester`: instances and load balancers, no routes.
public final class HarvesterProvider implements CloudProvider {

  private final HarvesterInstances instances;
  private final LoadBalancers loadBalancers;

  private final List<Informer<?>> caches;
  private final List<Component> background;

  /// @param loadBalancers the driver
  /// @param caches all that the two parts read
  /// @param background what works beside them
  public HarvesterProvider(
      HarvesterInstances instances,
      LoadBalancers loadBalancers,
      List<Informer<?>> caches,
      List<Component> background) {
    this.instances = instances;
    this.loadBalancers = loadBalancers;
    this.caches = List.copyOf(caches);
    this.background = List.copyOf(background);
  }

  @Override
  public String name() {
    return HarvesterNames.PROVIDER;
  }

  @Override
  public List<Informer<?>> caches() {
    return caches;
  }

  @Override
  public List<Component> background() {
    return background;
  }

  @Override
  public Optional<Instances> instances() {
    return Optional.of(instances);
  }

  @Override
  public Optional<LoadBalancers> loadBalancers() {
    return Optional.of(loadBalancers);
  }
}
