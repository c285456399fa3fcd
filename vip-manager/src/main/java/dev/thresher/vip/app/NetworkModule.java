package dev.thresher.vip.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.CoreTypes;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.RemoteInformers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import dev.thresher.vip.majority.MajorityConfig;
import dev.thresher.vip.nodes.InterfaceSettings;
import dev.thresher.vip.nodes.LocalSettings;
import dev.thresher.vip.nodes.NodeRecords;
import dev.thresher.vip.nodes.SettingsFile;
import dev.thresher.vip.nodes.UsedNetwork;
import jakarta.inject.Singleton;
import java.util.Optional;

/// The node's network: followed, narrowed to what is used, recorded.
@Module
final class NetworkModule {

  private NetworkModule() {}

  @Provides
  @Singleton
  static NodeNetworkWatcher networkWatcher(ShutdownSignal signal, Metrics metrics) {
    NodeNetworkWatcher watcher =
        new NodeNetworkWatcher(failure ->
            signal.request(1, "the node's network cannot be followed any more: " + failure));
    metrics.counter(
        "thresher_vip_netlink_overflows_total",
        "How often the kernel lost events of the node's network, which was listed again then.",
        watcher::overflows);
    return watcher;
  }

  @Provides
  @Singleton
  static LocalSettings localSettings(ManagerConfig config, Optional<SettingsFile> file) {
    InterfaceSettings started =
        InterfaceSettings.started(InterfaceNames.parse(config.configuredInterface()));
    return new LocalSettings(started, file.map(kept -> kept.begun(started)).orElse(started));
  }

  /// With kube-vip's manifest there are no settings but those of the environment.
  @Provides
  @Singleton
  static Optional<SettingsFile> settingsFile(ManagerConfig config, Profile profile) {
    return config
        .majority()
        .filter(_ -> profile == Profile.FULL)
        .flatMap(MajorityConfig::state)
        .map(SettingsFile::new);
  }

  @Provides
  @Singleton
  static NodeNetwork network(NodeNetworkWatcher watcher, LocalSettings settings) {
    return new UsedNetwork(watcher, settings);
  }

  @Provides
  @Singleton
  static NodeRecords records(
      ManagerConfig config,
      OkHttpKubeApi client,
      Informers informers,
      NodeNetwork network,
      LocalSettings settings,
      Optional<SettingsFile> file,
      Timeline timeline,
      Metrics metrics) {
    return new NodeRecords(
        config.node(),
        client,
        // Whether there are records says nothing about whether addresses can be held.
        () -> {
          RemoteInformers own = new RemoteInformers(client, timeline, metrics);
          own.start();
          return own;
        },
        informers.informer(CoreTypes.NODE, Scope.ALL),
        network,
        settings,
        file,
        timeline,
        metrics);
  }
}
