package dev.thresher.ccm.harvester;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.KubeVirtCloudNames;
import dev.thresher.ccm.clusters.ClusterName;
import dev.thresher.ccm.clusters.Guest;
import dev.thresher.ccm.clusters.Host;
import dev.thresher.ccm.clusters.HostNamespace;
import dev.thresher.ccm.harvester.nodes.HarvesterInstances;
import dev.thresher.ccm.hostservice.HostServiceBalancers;
import dev.thresher.ccm.hostservice.HostServiceRights;
import dev.thresher.ccm.hostservice.HostServiceSettings;
import dev.thresher.ccm.rights.RightsChecks;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Puts the driver `service` together. Nothing of it is made with the other driver.
@Module
public interface HostServiceDriverModule {

  /// How long a host Service may have no address before its owner is told.
  Duration PATIENCE = Duration.ofSeconds(30);

  /// The driver with the checks of what it may do.
  record HostServiceDriver(HostServiceBalancers balancers, List<Component> components) {
    public HostServiceDriver {
      components = List.copyOf(components);
    }
  }

  @Provides
  @Singleton
  static HostServiceDriver driver(
      LoadBalancerDriver.HostServices choice,
      HarvesterInstances instances,
      ClusterName cluster,
      HostNamespace namespace,
      @Host KubeApi host,
      @Host Informers hostInformers,
      @Guest Informers guestInformers,
      RightsChecks checks,
      Timeline timeline) {
    var settings =
        new HostServiceSettings(
            namespace.name(),
            choice.backEnds(),
            Map.of(
                HarvesterNames.GUEST_CLUSTER_LABEL, KubeVirtCloudNames.labelValue(cluster.value())),
            Map.of(),
            choice.annotationPrefixes(),
            PATIENCE);
    List<Component> components = new ArrayList<>();
    checks
        .host(
            HostServiceRights.host(namespace.name()),
            "--load-balancer-driver=service needs the role of rbac-host-service.yaml besides"
                + " Harvester's")
        .ifPresent(components::add);
    checks
        .guest(HostServiceRights.guest(choice.backEnds()), "apply rbac-guest-host-service.yaml")
        .ifPresent(components::add);
    return new HostServiceDriver(
        new HostServiceBalancers(
            settings,
            host,
            hostInformers,
            guestInformers,
            new HarvesterMachines(instances),
            timeline),
        components);
  }
}
