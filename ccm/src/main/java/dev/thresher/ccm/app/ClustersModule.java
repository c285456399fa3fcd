package dev.thresher.ccm.app;

import dagger.Binds;
import dagger.Module;
import dagger.Provides;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.ccm.clusters.Guest;
import dev.thresher.ccm.clusters.GuestReads;
import dev.thresher.ccm.clusters.Host;
import dev.thresher.ccm.clusters.HostNamespace;
import dev.thresher.ccm.controllers.lifecycle.NodeLifecycleModule;
import dev.thresher.ccm.controllers.node.NodeControllerModule;
import dev.thresher.ccm.controllers.route.RouteControllerModule;
import dev.thresher.ccm.controllers.service.ServiceControllerModule;
import dev.thresher.ccm.duties.Duty;
import dev.thresher.ccm.duties.ForDuty;
import dev.thresher.ccm.harvester.HarvesterModule;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.RemoteInformers;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.process.LeaseHome;
import dev.thresher.runtime.time.Timeline;
import jakarta.inject.Named;
import jakarta.inject.Singleton;

/// The two clusters. What writes gets an API that asks for the leadership before each write.
@Module
interface ClustersModule {

  @Provides
  @Singleton
  @Guest
  static OkHttpKubeApi guestServer(CcmConfig config, Timeline timeline, Metrics metrics) {
    return new OkHttpKubeApi(config.guest(), timeline, metrics);
  }

  @Provides
  @Singleton
  static GuestServers guestServers(
      @Guest OkHttpKubeApi program, CcmConfig config, Timeline timeline, Metrics metrics) {
    return new GuestServers(program, config.guest(), config.ownAccounts(), timeline, metrics);
  }

  @Provides
  @GuestReads
  static OkHttpKubeApi guestReads(GuestServers servers) {
    return servers.reader();
  }

  @Provides
  @Singleton
  @Host
  static OkHttpKubeApi hostServer(CcmConfig config, Timeline timeline, Metrics metrics) {
    return new OkHttpKubeApi(config.host(), timeline, metrics);
  }

  /// For what the provider itself keeps in the guest.
  @Provides
  @Singleton
  @Guest
  static KubeApi guest(@Guest OkHttpKubeApi server, Leadership leadership) {
    return server.fenced(leadership::held);
  }

  /// All that is written on the host is for Services.
  @Provides
  @Singleton
  @Host
  static KubeApi host(@Host OkHttpKubeApi server, @ForDuty(Duty.SERVICE) Leadership leadership) {
    return server.fenced(leadership::held);
  }

  @Provides
  @Singleton
  static HostNamespace hostNamespace(@Host OkHttpKubeApi server) {
    return new HostNamespace(server.namespace());
  }

  @Provides
  @Singleton
  @Guest
  static Informers guestInformers(
      @GuestReads OkHttpKubeApi server, Timeline timeline, Metrics metrics) {
    return new RemoteInformers(server, timeline, metrics);
  }

  @Provides
  @Singleton
  @Host
  static Informers hostInformers(@Host OkHttpKubeApi server, Timeline timeline, Metrics metrics) {
    return new RemoteInformers(server, timeline, metrics);
  }

  @Provides
  @Singleton
  @Named(NodeControllerModule.NAME)
  static EventWriter nodeEvents(EventWriters writers) {
    return writers.of(Duty.NODE, NodeControllerModule.NAME);
  }

  @Provides
  @Singleton
  @Named(NodeLifecycleModule.NAME)
  static EventWriter lifecycleEvents(EventWriters writers) {
    return writers.of(Duty.NODE_LIFECYCLE, NodeLifecycleModule.NAME);
  }

  @Provides
  @Singleton
  @Named(RouteControllerModule.EVENT_SOURCE)
  static EventWriter routeEvents(EventWriters writers) {
    return writers.of(Duty.ROUTE, RouteControllerModule.EVENT_SOURCE);
  }

  @Provides
  @Singleton
  @Named(ServiceControllerModule.EVENT_SOURCE)
  static EventWriter serviceEvents(EventWriters writers) {
    return writers.of(Duty.SERVICE, ServiceControllerModule.EVENT_SOURCE);
  }

  @Provides
  @Singleton
  @Named(HarvesterModule.EVENT_SOURCE)
  static EventWriter providerEvents(EventWriters writers) {
    return writers.ofTheProgram(HarvesterModule.EVENT_SOURCE);
  }

  @Provides
  @Singleton
  @Named(HarvesterNames.CLOUD_PROVIDER_LEASE)
  static EventWriter leaderEvents(EventWriters writers) {
    return writers.ofTheProgram(HarvesterNames.CLOUD_PROVIDER_LEASE);
  }

  @Provides
  static LeaseHome leaseHome(
      @Guest OkHttpKubeApi server, @Named(HarvesterNames.CLOUD_PROVIDER_LEASE) EventWriter events) {
    return new LeaseHome(server, events);
  }

  @Binds
  @Named(NodeControllerModule.NAME)
  EventRecorder nodeRecorder(@Named(NodeControllerModule.NAME) EventWriter writer);

  @Binds
  @Named(NodeLifecycleModule.NAME)
  EventRecorder lifecycleRecorder(@Named(NodeLifecycleModule.NAME) EventWriter writer);

  @Binds
  @Named(RouteControllerModule.EVENT_SOURCE)
  EventRecorder routeRecorder(@Named(RouteControllerModule.EVENT_SOURCE) EventWriter writer);

  @Binds
  @Named(ServiceControllerModule.EVENT_SOURCE)
  EventRecorder serviceRecorder(@Named(ServiceControllerModule.EVENT_SOURCE) EventWriter writer);

  @Binds
  @Named(HarvesterModule.EVENT_SOURCE)
  EventRecorder providerRecorder(@Named(HarvesterModule.EVENT_SOURCE) EventWriter writer);
}
