package dev.thresher.ccm.cloudprovider.fake;

import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import java.util.Optional;

/// A provider whose parts can be taken away.
public final class FakeCloudProvider implements CloudProvider {

  private final FakeInstances instances = new FakeInstances();
  private final FakeLoadBalancers loadBalancers = new FakeLoadBalancers();
  private volatile boolean hasInstances = true;
  private volatile boolean hasLoadBalancers = true;

  public FakeInstances fakeInstances() {
    return instances;
  }

  public FakeLoadBalancers fakeLoadBalancers() {
    return loadBalancers;
  }

  public FakeCloudProvider withoutInstances() {
    hasInstances = false;
    return this;
  }

  public FakeCloudProvider withoutLoadBalancers() {
    hasLoadBalancers = false;
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
}
