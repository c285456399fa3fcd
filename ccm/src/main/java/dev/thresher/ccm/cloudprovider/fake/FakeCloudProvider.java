package dev.thresher.ccm.cloudprovider.fake;

import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.Routes;
import java.util.Optional;

/// A provider whose parts can be taken away; routes, which few clouds have, are given to it.
public final class FakeCloudProvider implements CloudProvider {

  private final FakeInstances instances = new FakeInstances();
  private final FakeLoadBalancers loadBalancers = new FakeLoadBalancers();
  private final FakeRoutes routes = new FakeRoutes();
  private volatile boolean hasInstances = true;
  private volatile boolean hasLoadBalancers = true;
  private volatile boolean hasRoutes;

  public FakeInstances fakeInstances() {
    return instances;
  }

  public FakeLoadBalancers fakeLoadBalancers() {
    return loadBalancers;
  }

  public FakeRoutes fakeRoutes() {
    return routes;
  }

  public FakeCloudProvider withoutInstances() {
    hasInstances = false;
    return this;
  }

  public FakeCloudProvider withoutLoadBalancers() {
    hasLoadBalancers = false;
    return this;
  }

  public FakeCloudProvider withRoutes() {
    hasRoutes = true;
    return this;
  }

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public Optional<Instances> instances() {
    return hasInstances ? Optional.of(instances) : Optional.empty();
  }

  @Override
  public Optional<LoadBalancers> loadBalancers() {
    return hasLoadBalancers ? Optional.of(loadBalancers) : Optional.empty();
  }

  @Override
  public Optional<Routes> routes() {
    return hasRoutes ? Optional.of(routes) : Optional.empty();
  }
}
