package dev.thresher.ccm.harvester;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.clusters.Guest;
import dev.thresher.ccm.clusters.Host;
import dev.thresher.ccm.clusters.HostNamespace;
import dev.thresher.ccm.harvester.loadbalancer.GuestCards;
import dev.thresher.ccm.harvester.loadbalancer.HarvesterLoadBalancers;
import dev.thresher.ccm.harvester.loadbalancer.LoadBalancerSettings;
import dev.thresher.ccm.harvester.loadbalancer.Placement;
import dev.thresher.ccm.harvester.loadbalancer.ReadBalancer;
import dev.thresher.ccm.harvester.nodes.HarvesterInstances;
import dev.thresher.ccm.harvester.nodes.NodeAddressPolicy;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;
import java.util.List;

/// Puts the Harvester provider together.
@Module
public interface HarvesterModule {

  @Provides
  @Singleton
  static CloudProvider provider(
      HarvesterInstances instances,
      HarvesterLoadBalancers balancers,
      HostNamespace namespace,
      Informer<ReadBalancer> balancerCache,
      @Host Informers hostInformers,
      @Guest Informers guestInformers) {
    Scope scope = Scope.namespace(namespace.name());
    return new HarvesterProvider(
        instances,
        balancers,
        List.of(
            balancerCache,
            hostInformers.informer(KubeVirtTypes.VIRTUAL_MACHINE, scope),
            hostInformers.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, scope),
            guestInformers.informer(CoreTypes.NODE, Scope.ALL),
            guestInformers.informer(CoreTypes.SERVICE, Scope.ALL)));
  }

  @Provides
  @Singleton
  static HarvesterInstances instances(
      HostNamespace namespace,
      NodeAddressPolicy policy,
      Informer<ReadBalancer> balancers,
      @Host KubeApi host,
      @Host Informers hostInformers,
      @Guest Informers guestInformers) {
    Scope scope = Scope.namespace(namespace.name());
    return new HarvesterInstances(
        namespace.name(),
        hostInformers.informer(KubeVirtTypes.VIRTUAL_MACHINE, scope),
        hostInformers.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, scope),
        guestInformers.informer(CoreTypes.NODE, Scope.ALL),
        host,
        policy,
        new VirtualAddresses(balancers, guestInformers.informer(CoreTypes.SERVICE, Scope.ALL)));
  }

  @Provides
  @Singleton
  static HarvesterLoadBalancers balancers(
      HostNamespace namespace,
      NodeAddressPolicy policy,
      Placement placement,
      Informer<ReadBalancer> balancers,
      GuestCards cards,
      @Host KubeApi host,
      @Guest Informers guestInformers,
      Timeline timeline) {
    return new HarvesterLoadBalancers(
        new LoadBalancerSettings(namespace.name(), policy.managementNetwork(), placement),
        host,
        balancers,
        guestInformers.informer(CoreTypes.SERVICE, Scope.ALL),
        cards,
        timeline);
  }

  @Provides
  @Singleton
  static GuestCards cards() {
    return GuestCards.unknown();
  }

  @Provides
  @Singleton
  static Informer<ReadBalancer> balancerCache(HostNamespace namespace, @Host Informers informers) {
    return informers.informer(ReadBalancer.TYPE, Scope.namespace(namespace.name()));
  }
}
