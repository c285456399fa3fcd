package dev.thresher.ccm.kubevirt;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.ccm.cloudprovider.Instances;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.ccm.clusters.Guest;
import dev.thresher.ccm.clusters.Host;
import dev.thresher.ccm.clusters.HostNamespace;
import dev.thresher.ccm.hostservice.HostServiceBalancers;
import dev.thresher.ccm.hostservice.HostServiceRights;
import dev.thresher.ccm.hostservice.HostServiceSettings;
import dev.thresher.ccm.rights.Right;
import dev.thresher.ccm.rights.RightsChecks;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Puts the provider `kubevirt` together. Nothing of it is made unless it is the one that was
/// chosen.
@Module
public interface KubeVirtModule {

  @Provides
  @Singleton
  static KubeVirtProvider provider(
      KubeVirtConfig config,
      ClusterName cluster,
      HostNamespace namespace,
      @Host KubeApi host,
      @Host Informers hostInformers,
      @Guest Informers guestInformers,
      RightsChecks checks,
      Timeline timeline) {
    Scope scope = Scope.namespace(namespace.name());
    var machines = hostInformers.informer(KubeVirtTypes.VIRTUAL_MACHINE, scope);
    var runs = hostInformers.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, scope);
    var services = guestInformers.informer(CoreTypes.SERVICE, Scope.ALL);
    var nodes = guestInformers.informer(CoreTypes.NODE, Scope.ALL);
    boolean zones = config.instances().enabled() && config.instances().zoneAndRegion();
    Optional<Informer<V1Node>> hostNodes =
        zones ? Optional.of(hostInformers.informer(CoreTypes.NODE, Scope.ALL)) : Optional.empty();
    var instances =
        new KubeVirtInstances(
            namespace.name(), machines, runs, nodes, hostNodes, host, new HeldAddresses(services));
    List<Informer<?>> caches = new ArrayList<>(List.of(machines, runs, services, nodes));
    hostNodes.ifPresent(caches::add);
    List<Right> onHost = new ArrayList<>(KubeVirtRights.machines(namespace.name()));
    if (zones) {
      onHost.addAll(KubeVirtRights.hostNodes());
    }
    List<Component> components = new ArrayList<>();
    Optional<LoadBalancers> balancers = Optional.empty();
    if (config.loadBalancer().enabled()) {
      HostServiceSettings settings = settings(config, cluster, namespace);
      var made =
          new HostServiceBalancers(
              settings, host, hostInformers, guestInformers, instances, timeline);
      caches.addAll(made.caches());
      onHost.addAll(HostServiceRights.host(namespace.name()));
      checks
          .guest(HostServiceRights.guest(settings.backEnds()), "apply rbac-guest-host-service.yaml")
          .ifPresent(components::add);
      balancers = Optional.of(made);
    }
    checks
        .host(onHost, "grant the roles of rbac-host-kubevirt.yaml and rbac-host-service.yaml")
        .ifPresent(components::add);
    return new KubeVirtProvider(
        config.instances().enabled() ? Optional.<Instances>of(instances) : Optional.empty(),
        balancers,
        caches,
        components);
  }

  private static HostServiceSettings settings(
      KubeVirtConfig config, ClusterName cluster, HostNamespace namespace) {
    return new HostServiceSettings(
        namespace.name(),
        config.loadBalancer().backEnds(),
        Map.of(
            KubeVirtCloudNames.ROLE,
            KubeVirtCloudNames.ROLE_WORKER,
            KubeVirtCloudNames.CLUSTER_NAME,
            KubeVirtCloudNames.labelValue(cluster.value())),
        config.infraLabels(),
        config.loadBalancer().annotationPrefixes(),
        config.loadBalancer().creationPollTimeout());
  }
}
