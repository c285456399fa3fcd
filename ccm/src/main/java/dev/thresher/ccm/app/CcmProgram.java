package dev.thresher.ccm.app;

import dev.thresher.api.names.HarvesterNames;
import dev.thresher.ccm.cloudprovider.CloudProvider;
import dev.thresher.ccm.clusters.Guest;
import dev.thresher.ccm.clusters.Host;
import dev.thresher.ccm.clusters.HostNamespace;
import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleController;
import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleModule;
import dev.thresher.ccm.controllers.node.NodeController;
import dev.thresher.ccm.controllers.node.NodeControllerModule;
import dev.thresher.ccm.controllers.route.RouteController;
import dev.thresher.ccm.controllers.route.RouteControllerModule;
import dev.thresher.ccm.controllers.service.ServiceController;
import dev.thresher.ccm.controllers.service.ServiceControllerModule;
import dev.thresher.ccm.duties.Duty;
import dev.thresher.ccm.duties.Leases;
import dev.thresher.ccm.duties.MigrationLease;
import dev.thresher.ccm.harvester.HarvesterModule;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.process.ControllerProcess;
import dev.thresher.runtime.process.Stages;
import dev.thresher.runtime.serving.HealthChecks;
import dev.thresher.runtime.serving.HealthRegistry;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import jakarta.inject.Provider;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which parts this program has; [ControllerProcess] starts and stops them.
final class CcmProgram {

  private static final Logger log = LoggerFactory.getLogger(CcmProgram.class);

  private final CcmConfig config;
  private final ControllerProcess process;
  private final Metrics metrics;
  private final HealthRegistry health;
  private final OkHttpKubeApi guest;
  private final GuestServers guestServers;
  private final OkHttpKubeApi host;
  private final HostNamespace hostNamespace;
  private final Informers guestInformers;
  private final Informers hostInformers;
  private final List<EventWriter> events;
  private final Leases leases;
  private final Optional<MigrationLease> migration;
  private final Provider<CloudProvider> provider;
  private final Provider<Optional<NodeController>> nodes;
  private final Provider<Optional<NodeLifecycleController>> lifecycle;
  private final Provider<Optional<RouteController>> routes;
  private final Provider<Optional<ServiceController>> services;

  @Inject
  CcmProgram(
      CcmConfig config,
      ControllerProcess process,
      Metrics metrics,
      HealthRegistry health,
      @Guest OkHttpKubeApi guest,
      GuestServers guestServers,
      @Host OkHttpKubeApi host,
      HostNamespace hostNamespace,
      @Guest Informers guestInformers,
      @Host Informers hostInformers,
      @Named(NodeControllerModule.NAME) EventWriter nodeEvents,
      @Named(NodeLifecycleModule.NAME) EventWriter lifecycleEvents,
      @Named(RouteControllerModule.EVENT_SOURCE) EventWriter routeEvents,
      @Named(ServiceControllerModule.EVENT_SOURCE) EventWriter serviceEvents,
      @Named(HarvesterModule.EVENT_SOURCE) EventWriter providerEvents,
      @Named(HarvesterNames.CLOUD_PROVIDER_LEASE) EventWriter leaderEvents,
      Leases leases,
      Optional<MigrationLease> migration,
      Provider<CloudProvider> provider,
      Provider<Optional<NodeController>> nodes,
      Provider<Optional<NodeLifecycleController>> lifecycle,
      Provider<Optional<RouteController>> routes,
      Provider<Optional<ServiceController>> services) {
    this.config = config;
    this.process = process;
    this.metrics = metrics;
    this.health = health;
    this.guest = guest;
    this.guestServers = guestServers;
    this.host = host;
    this.hostNamespace = hostNamespace;
    this.guestInformers = guestInformers;
    this.hostInformers = hostInformers;
    this.events =
        List.of(
            nodeEvents, lifecycleEvents, routeEvents, serviceEvents, providerEvents, leaderEvents);
    this.leases = leases;
    this.migration = migration;
    this.provider = provider;
    this.nodes = nodes;
    this.lifecycle = lifecycle;
    this.routes = routes;
    this.services = services;
  }

  int run() throws InterruptedException {
    log.atInfo()
        .addKeyValue("cloudProvider", provider.get().name())
        .addKeyValue("clusterName", config.cluster().value())
        .addKeyValue("guest", guest.server())
        .addKeyValue("host", host.server())
        .addKeyValue("hostNamespace", hostNamespace.name())
        .addKeyValue("placement", config.placement().text())
        .addKeyValue(
            "controllers", config.controllers().running().stream().map(Duty::text).toList())
        .log("configuration");
    return process.run(stages());
  }

  /// Makes everything and starts nothing. To be called once.
  Stages stages() {
    // Every controller is made before anything starts: they add the indexes they need to the
    // caches.
    List<Component> controllers = new ArrayList<>(provider.get().background());
    Map<Duty, Component> made = controllers();
    controllers.addAll(made.values());
    checks();
    guestServers.addTo(health, made.keySet());
    config.gates().addTo(metrics);
    // The second lease right after the first, so that it is given back right before it.
    List<Component> caches = new ArrayList<>(migration.stream().toList());
    caches.addAll(List.of(guestInformers, hostInformers));
    List<Component> servers = new ArrayList<>(List.of(guest, host));
    servers.addAll(guestServers.components(made.keySet()));
    return new Stages(servers, events, caches, controllers);
  }

  private Map<Duty, Component> controllers() {
    Map<Duty, Component> controllers = new EnumMap<>(Duty.class);
    for (Duty duty : Duty.values()) {
      if (config.controllers().running().contains(duty)) {
        Optional<? extends Component> controller =
            switch (duty) {
              case NODE -> nodes.get();
              case SERVICE -> services.get();
              case NODE_LIFECYCLE -> lifecycle.get();
              case ROUTE -> routes.get();
            };
        controller.ifPresentOrElse(
            made -> {
              controllers.put(duty, made);
              running(duty);
            },
            () ->
                log.atWarn()
                    .addKeyValue("controller", duty.text())
                    .log(
                        "controller does not run: the provider has no part for it, or a flag switches it off"));
      }
    }
    return controllers;
  }

  private void running(Duty duty) {
    GaugeDataPoint running =
        metrics
            .gauge(
                "running_managed_controllers",
                "1 for each controller that this process runs, while it leads.",
                "name",
                "manager")
            .labelValues(duty.alias(), "cloud-controller-manager");
    leases.of(duty).onceStarted(() -> running.set(1));
  }

  private void checks() {
    health.add(HealthChecks.Kind.READY, "guest-caches", () -> guestInformers.unsynced("guest"));
    health.add(HealthChecks.Kind.READY, "host-caches", () -> hostInformers.unsynced("host"));
    health.add(HealthChecks.Kind.READY, "guest-credentials", guest::credentialsProblem);
    health.add(HealthChecks.Kind.READY, "host-credentials", host::credentialsProblem);
    health.add(HealthChecks.Kind.READY, "host-namespace", this::namespaceProblem);
  }

  /// The caches are those of one namespace.
  private Optional<String> namespaceProblem() {
    return host.namespace().equals(hostNamespace.name())
        ? Optional.empty()
        : Optional.of(
            "the cloud config now names the namespace \""
                + host.namespace()
                + "\", the program works in \""
                + hostNamespace.name()
                + "\": restart it");
  }
}
