package dev.thresher.ccm.cloudprovider.measured;

import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.Routes;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import java.util.List;
import java.util.Optional;

/// The same provider; each call of its parts is measured as `thresher_cloud_call_seconds`.
public final class MeasuredProvider implements CloudProvider {

  private final CloudProvider provider;
  private final Optional<LoadBalancers> balancers;
  private final Optional<Instances> instances;
  private final Optional<Routes> routes;

  public MeasuredProvider(CloudProvider provider, Metrics metrics, Timeline timeline) {
    this.provider = provider;
    var times = new CallTimes(metrics, timeline);
    this.balancers = provider.loadBalancers().map(part -> new MeasuredBalancers(part, times));
    this.instances = provider.instances().map(part -> new MeasuredInstances(part, times));
    this.routes = provider.routes().map(part -> new MeasuredRoutes(part, times));
  }

  @Override
  public String name() {
    return provider.name();
  }

  @Override
  public List<Informer<?>> caches() {
    return provider.caches();
  }

  @Override
  public List<Component> background() {
    return provider.background();
  }

  @Override
  public Optional<LoadBalancers> loadBalancers() {
    return balancers;
  }

  @Override
  public Optional<Instances> instances() {
    return instances;
  }

  @Override
  public Optional<Routes> routes() {
    return routes;
  }
}
