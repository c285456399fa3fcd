package dev.thresher.ccm.harvester;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.ccm.clusters.Guest;
import dev.thresher.ccm.clusters.Host;
import dev.thresher.ccm.clusters.HostNamespace;
import dev.thresher.ccm.duties.Duty;
import dev.thresher.ccm.duties.ForDuty;
import dev.thresher.ccm.harvester.HostServiceDriverModule.HostServiceDriver;
import dev.thresher.ccm.harvester.loadbalancer.HarvesterLoadBalancers;
import dev.thresher.ccm.harvester.loadbalancer.LoadBalancerSettings;
import dev.thresher.ccm.harvester.loadbalancer.Placement;
import dev.thresher.ccm.harvester.loadbalancer.ReadBalancer;
import dev.thresher.ccm.harvester.loadbalancer.StrayMetrics;
import dev.thresher.ccm.harvester.loadbalancer.StraySettings;
import dev.thresher.ccm.harvester.loadbalancer.StraySweep;
import dev.thresher.ccm.harvester.networks.NetworkMapping;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.ccm.harvester.nodes.HarvesterInstances;
import dev.thresher.ccm.harvester.nodes.NodeAddressPolicy;
import dev.thresher.ccm.harvester.nodes.NodePolicy;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Named;
import jakarta.inject.Provider;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Puts the Harvester provider together.
@Module
public interface HarvesterModule {

  /// The source of the provider's own Events.
  String EVENT_SOURCE = "harvester-cloud-provider";

  @Provides
  @Singleton
  static HarvesterProvider provider(
      HarvesterInstances instances,
      LoadBalancerDriver driver,
      Provider<HarvesterLoadBalancers> balancers,
      Provider<HostServiceDriver> hostServices,
      HostNamespace namespace,
      Informer<ReadBalancer> balancerCache,
      Optional<NetworkMapping> mapping,
      Provider<Optional<Controller<String>>> sweep,
      @Host Informers hostInformers,
      @Guest Informers guestInformers) {
    Scope scope = Scope.namespace(namespace.name());
    List<Informer<?>> caches =
        new ArrayList<>(
            List.of(
                balancerCache,
                hostInformers.informer(KubeVirtTypes.VIRTUAL_MACHINE, scope),
                hostInformers.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, scope),
                guestInformers.informer(CoreTypes.NODE, Scope.ALL),
                guestInformers.informer(CoreTypes.SERVICE, Scope.ALL)));
    List<Component> background =
        new ArrayList<>(mapping.<Component>map(component -> component).stream().toList());
    return switch (driver) {
      case LoadBalancerDriver.BalancerObjects _ -> {
        background.addAll(sweep.get().stream().toList());
        yield new HarvesterProvider(instances, balancers.get(), caches, background);
      }
      case LoadBalancerDriver.HostServices _ -> {
        HostServiceDriver made = hostServices.get();
        caches.addAll(made.balancers().caches());
        background.addAll(made.components());
        yield new HarvesterProvider(instances, made.balancers(), caches, background);
      }
    };
  }

  @Provides
  @Singleton
  static HarvesterInstances instances(
      HostNamespace namespace,
      NodePolicy policy,
      Informer<ReadBalancer> balancers,
      @Host KubeApi host,
      @Host Informers hostInformers,
      @Guest Informers guestInformers,
      @Named(EVENT_SOURCE) EventRecorder events,
      Timeline timeline) {
    Scope scope = Scope.namespace(namespace.name());
    var nodes = guestInformers.informer(CoreTypes.NODE, Scope.ALL);
    return new HarvesterInstances(
        namespace.name(),
        new HarvesterInstances.Caches(
            hostInformers.informer(KubeVirtTypes.VIRTUAL_MACHINE, scope),
            hostInformers.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, scope),
            nodes),
        host,
        policy,
        new VirtualAddresses(
            balancers, guestInformers.informer(CoreTypes.SERVICE, Scope.ALL), nodes, timeline),
        events,
        timeline);
  }

  /// Empty with `--disable-vmi-controller`.
  @Provides
  @Singleton
  static Optional<NetworkMapping> mapping(
      ClusterName cluster,
      HostNamespace namespace,
      NodePolicy policy,
      @Host Informers hostInformers,
      @Guest Informers guestInformers,
      @Guest KubeApi guest,
      @Named(EVENT_SOURCE) EventRecorder events,
      Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    if (!policy.followsMachines()) {
      return Optional.empty();
    }
    ObjectKey configMap = NetworkMapping.CONFIG_MAP;
    return Optional.of(
        new NetworkMapping(
            cluster,
            hostInformers.informer(
                KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, Scope.namespace(namespace.name())),
            guestInformers.informer(CoreTypes.NODE, Scope.ALL),
            guestInformers.informer(
                CoreTypes.CONFIG_MAP, Scope.object(configMap.namespace(), configMap.name())),
            guest,
            events,
            leadership,
            metrics,
            timeline));
  }

  @Provides
  @Singleton
  static NodeNetworks networks(Optional<NetworkMapping> mapping) {
    return mapping.<NodeNetworks>map(networks -> networks).orElseGet(NodeNetworks::unknown);
  }

  @Provides
  @Singleton
  static HarvesterLoadBalancers balancers(
      HostNamespace namespace,
      NodeAddressPolicy policy,
      Placement placement,
      Informer<ReadBalancer> balancers,
      NodeNetworks networks,
      @Host KubeApi host,
      @Guest Informers guestInformers,
      Timeline timeline) {
    return new HarvesterLoadBalancers(
        new LoadBalancerSettings(namespace.name(), policy.managementNetwork(), placement),
        host,
        balancers,
        guestInformers.informer(CoreTypes.SERVICE, Scope.ALL),
        guestInformers.informer(CoreTypes.NODE, Scope.ALL),
        networks,
        timeline);
  }

  /// The search for objects without a Service, if the program looks after load balancers.
  @Provides
  @Singleton
  static Optional<Controller<String>> sweep(
      ClusterName cluster,
      StraySettings settings,
      Informer<ReadBalancer> balancers,
      @Host KubeApi host,
      @Guest KubeApi guest,
      @Guest Informers guestInformers,
      @Named(EVENT_SOURCE) EventRecorder events,
      @ForDuty(Duty.SERVICE) Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    if (!settings.search()) {
      return Optional.empty();
    }
    var services = guestInformers.informer(CoreTypes.SERVICE, Scope.ALL);
    var sweep =
        new StraySweep(
            cluster.value(),
            settings,
            balancers,
            services,
            host,
            guest,
            events,
            new StrayMetrics(metrics),
            timeline);
    Controller<String> controller =
        Controller.builder("orphaned-load-balancers", sweep, timeline)
            .metrics(metrics)
            .onlyWhenLeading(leadership)
            .build();
    controller.needs(balancers).needs(services).enqueue(StraySweep.KEY);
    return Optional.of(controller);
  }

  @Provides
  @Singleton
  static Informer<ReadBalancer> balancerCache(HostNamespace namespace, @Host Informers informers) {
    return informers.informer(ReadBalancer.TYPE, Scope.namespace(namespace.name()));
  }
}
