package dev.thresher.ccm.harvester;

import dev.thresher.api.names.HarvesterNames;
import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.harvester.loadbalancer.HarvesterLoadBalancers;
import dev.thresher.ccm.harvester.nodes.HarvesterInstances;
import java.util.Optional;

/// The provider `harvester`: instances and load balancers, no routes.
public final class HarvesterProvider implements CloudProvider {

  private final HarvesterInstances instances;
  private final HarvesterLoadBalancers loadBalancers;

  public HarvesterProvider(HarvesterInstances instances, HarvesterLoadBalancers loadBalancers) {
    this.instances = instances;
    this.loadBalancers = loadBalancers;
  }

  @Override
  public String name() {
    return HarvesterNames.PROVIDER;
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
