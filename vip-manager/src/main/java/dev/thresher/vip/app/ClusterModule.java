package dev.thresher.vip.app;

import com.google.common.net.InetAddresses;
import dagger.Binds;
import dagger.Module;
import dagger.Provides;
import dev.thresher.api.CoreTypes;
import dev.thresher.runtime.cli.BuildInfo;
import dev.thresher.runtime.client.ClientConfig;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.RemoteInformers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.metrics.ProcessMetrics;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.balancing.ApiServers;
import dev.thresher.vip.balancing.LivezQuestion;
import dev.thresher.vip.controlplane.ControlPlane;
import dev.thresher.vip.kubevip.UpdatingApi;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import dev.thresher.vip.services.Cluster;
import dev.thresher.vip.services.ControlPlaneWish;
import dev.thresher.vip.services.NodeEvents;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The API server: client, caches, Events.
@Module
abstract class ClusterModule {

  private static final Logger LOG = LoggerFactory.getLogger(ClusterModule.class);

  private ClusterModule() {}

  @Provides
  @Singleton
  static SystemTimeline systemTimeline() {
    return new SystemTimeline();
  }

  @Binds
  abstract Timeline timeline(SystemTimeline timeline);

  @Provides
  @Singleton
  static Metrics metrics() {
    Metrics metrics = new Metrics();
    ProcessMetrics.addTo(metrics);
    return metrics;
  }

  @Provides
  @Singleton
  static OkHttpKubeApi client(
      ManagerConfig config,
      @Environment Map<String, String> environment,
      Timeline timeline,
      Metrics metrics,
      ServerAddresses servers) {
    ClientConfig found = ClientConfig.find("cluster", config.kubeconfig(), environment);
    if (!config.server().isEmpty()) {
      found = found.withServer(config.server()).withHostNames(servers);
    }
    return new OkHttpKubeApi(
        found.withUserAgent(BuildInfo.load().userAgent("vip-manager")), timeline, metrics);
  }

  @Provides
  @Singleton
  static KubeApi api(OkHttpKubeApi client, Profile profile) {
    return profile == Profile.COMPATIBLE ? new UpdatingApi(client) : client;
  }

  @Provides
  @Singleton
  static Informers informers(OkHttpKubeApi client, Timeline timeline, Metrics metrics) {
    return new RemoteInformers(client, timeline, metrics);
  }

  @Provides
  @Singleton
  static EventWriter eventWriter(
      KubeApi api, ManagerConfig config, Timeline timeline, Metrics metrics) {
    return new EventWriter(api, "vip-manager", config.node(), timeline, metrics);
  }

  /// kube-vip's role allows no Events; what would be one is in the log.
  @Provides
  @Singleton
  static EventRecorder events(EventWriter writer, Profile profile) {
    return profile == Profile.COMPATIBLE
        ? (regarding, type, reason, message) ->
            LOG.atInfo()
                .addKeyValue("object", regarding.getMetadata().getName())
                .addKeyValue("reason", reason)
                .addKeyValue("message", message)
                .log("would be an Event")
        : writer;
  }

  @Provides
  @Singleton
  static ThisNode thisNode(ManagerConfig config, Informers informers, NodeNetworkWatcher network) {
    return new ThisNode(
        config.node(),
        informers.informer(CoreTypes.NODE, Scope.ALL),
        config
            .controlPlane()
            .map(control -> {
              OwnAddresses own =
                  new OwnAddresses(
                      InterfaceNames.parse(control.interfaceName()),
                      control.addresses().stream()
                          .filter(InetAddresses::isInetAddress)
                          .map(InetAddresses::forString)
                          .collect(Collectors.toUnmodifiableSet()));
              return internal -> own.of(network.current(), internal);
            }));
  }

  @Provides
  @Singleton
  static NodeEvents nodeEvents(ThisNode node, EventRecorder events) {
    return new NodeEvents(node::object, events);
  }

  /// The API server by the name that all have, see [ServerAddresses].
  @Provides
  @Singleton
  static ServerAddresses servers() {
    return new ServerAddresses();
  }

  @Provides
  @Singleton
  static ControlPlaneWish.View controlPlaneView(Optional<ControlPlane> controlPlane) {
    return controlPlane
        .<ControlPlaneWish.View>map(found -> found)
        .orElse(ControlPlaneWish.View.NONE);
  }

  @Provides
  @Singleton
  static Optional<ControlPlane> controlPlane(
      ManagerConfig config,
      @Environment Map<String, String> environment,
      Timeline timeline,
      Metrics metrics) {
    return config
        .controlPlane()
        .map(control ->
            new ControlPlane(control, () -> authority(config, environment), timeline, metrics));
  }

  /// The API servers over which connections to the control plane's address are spread.
  @Provides
  @Singleton
  static Optional<ApiServers> apiServers(
      ManagerConfig config,
      @Environment Map<String, String> environment,
      Optional<ControlPlane> controlPlane,
      Informers informers,
      NodeNetworkWatcher network,
      Timeline timeline,
      Metrics metrics) {
    return config
        .controlPlane()
        .flatMap(control ->
            control
                .balancing()
                .map(balancing -> {
                  ControlPlane own = controlPlane.orElseThrow();
                  ApiServers servers =
                      new ApiServers(
                          informers.informer(CoreTypes.ENDPOINT_SLICE, Cluster.API_SERVERS),
                          informers.informer(CoreTypes.NODE, Scope.ALL),
                          new ApiServers.Own(
                              address -> network.current().ownerOf(address).isPresent(), own::well),
                          new LivezQuestion(
                              control.check().authority(),
                              control.check().timeout(),
                              () -> authority(config, environment)),
                          balancing.period(),
                          timeline,
                          metrics);
                  own.onChange(servers::look);
                  return servers;
                }));
  }

  private static String authority(ManagerConfig config, Map<String, String> environment) {
    return ClientConfig.find("cluster", config.kubeconfig(), environment).source().load().caPem();
  }
}
