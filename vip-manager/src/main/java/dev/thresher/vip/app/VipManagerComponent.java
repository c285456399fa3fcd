package dev.thresher.vip.app;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonObject;
import dagger.BindsInstance;
import dagger.Component;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.lifecycle.Lifecycle;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.logging.Logging;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.serving.OpsServer;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.vip.balancing.ApiServers;
import dev.thresher.vip.controlplane.ControlPlane;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.l2.Enforcement;
import dev.thresher.vip.linux.NodeNeighbors;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import dev.thresher.vip.mesh.KeyFollower;
import dev.thresher.vip.mesh.TcpMesh;
import dev.thresher.vip.nodes.NodeRecords;
import dev.thresher.vip.services.Cluster;
import dev.thresher.vip.services.ClusterRanges;
import dev.thresher.vip.services.Drain;
import dev.thresher.vip.services.DrainReports;
import dev.thresher.vip.services.NodeEvents;
import dev.thresher.vip.services.NodeLabels;
import dev.thresher.vip.services.Ownership;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// The parts of the program, and the order in which they start.
@Singleton
@Component(
    modules = {
      ClusterModule.class,
      NetworkModule.class,
      OwnershipModule.class,
      ServingModule.class
    })
interface VipManagerComponent {

  SystemTimeline timeline();

  Metrics metrics();

  NodeNetworkWatcher networkWatcher();

  Enforcement enforcement();

  OpsServer opsServer();

  Optional<OpsServer> healthServer();

  OkHttpKubeApi client();

  EventWriter eventWriter();

  EventRecorder events();

  Informers informers();

  ThisNode thisNode();

  NodeEvents nodeEvents();

  NodeRecords records();

  ClusterRanges ranges();

  TcpMesh mesh();

  Optional<KeyFollower> keyFollower();

  Right right();

  Cluster cluster();

  Controller<ObjectKey> status();

  Ownership ownership();

  NodeLabels nodeLabels();

  Drain drain();

  DrainReports drainReports();

  Optional<ControlPlane> controlPlane();

  Optional<ApiServers> apiServers();

  ServerAddresses servers();

  Profile profile();

  @Component.Factory
  interface Factory {
    VipManagerComponent create(
        @BindsInstance ManagerConfig config,
        @BindsInstance Profile profile,
        @BindsInstance @Environment Map<String, String> environment,
        @BindsInstance ShutdownSignal signal);
  }

  /// The network is known before anything is held on it; leftovers are removed before the API is
  /// asked; the mesh listens before this node may be given anything. Stopped in reverse: first all
  /// is handed over, and the mesh, whose end is proof of death, ends after the last answer.
  ///
  /// @param values that `config` follows from
  /// @param reload what becomes of the values when they are read again
  static Lifecycle lifecycle(
      VipManagerComponent parts,
      ManagerConfig config,
      SettingValues values,
      Function<SettingValues, Reload> reload) {
    List<dev.thresher.runtime.lifecycle.Component> order = new ArrayList<>();
    order.add(parts.timeline());
    order.add(new RestingHeap(parts.timeline()));
    NodeNetworkWatcher network = parts.networkWatcher();
    order.add(Parts.of("network", network::start, network::close));
    Enforcement enforcement = parts.enforcement();
    order.add(Parts.of("enforcement", enforcement::start, enforcement::stop));
    if (config.opsPort() != 0) {
      order.add(parts.opsServer());
    }
    parts.healthServer().ifPresent(order::add);
    order.add(parts.client());
    order.add(parts.eventWriter());
    // Everything that wants a cache is made before the caches start.
    Right right = parts.right();
    // First of all who hear of it: whoever acts on it asks the API server.
    parts
        .controlPlane()
        .ifPresent(controlPlane -> {
          controlPlane.onChange(() -> parts.servers().well(controlPlane.well()));
          right.onChange(view -> parts.servers().others(otherServers(view, config.node())));
        });
    Ownership ownership = parts.ownership();
    parts.drainReports();
    ThisNode node = parts.thisNode();
    List<dev.thresher.runtime.lifecycle.Component> status =
        config.writeStatus() && config.serviceNamespace().isPresent()
            ? List.of(parts.status())
            : List.of();
    // It ends after the ownership: what is given up then is labelled no more.
    Optional<NodeLabels> labels =
        config.nodeLabels() ? Optional.of(parts.nodeLabels()) : Optional.empty();
    parts.controlPlane().ifPresent(order::add);
    boolean full = parts.profile() == Profile.FULL;
    NodeRecords records = parts.records();
    order.add(parts.informers());
    parts.apiServers().ifPresent(order::add);
    if (full) {
      order.add(records);
    }
    if (config.serviceNamespace().isPresent()) {
      order.add(parts.ranges());
    }
    order.add(node);
    if (full) {
      order.add(parts.mesh());
      parts.keyFollower().ifPresent(order::add);
    }
    order.add(
        Parts.of(
            "right",
            () -> {
              if (full) {
                records.awaitSettings();
              }
              right.links(parts.cluster().links());
              right.start();
            },
            right::stop));
    order.addAll(status);
    labels.ifPresent(order::add);
    order.add(ownership);
    config
        .statusSocket()
        .ifPresent(path -> order.add(new StatusSocket(path, asked -> answer(asked, parts))));
    String file = values.text(Settings.CONFIG_FILE);
    if (!file.isEmpty()) {
      order.add(
          new ConfigFollower(
              Path.of(file),
              values,
              WithoutEffect.all(values, parts.profile()),
              reload,
              next -> follow(next, parts),
              parts.nodeEvents(),
              parts.timeline(),
              parts.metrics()));
    }
    return Lifecycle.of(order);
  }

  /// Puts into force what [Setting#isFollowed] says can be.
  private static void follow(ManagerConfig next, VipManagerComponent parts) {
    Logging.setVerbosity(next.verbosity());
    parts.cluster().become(next.services());
    parts.drain().onCordon(next.drainOnCordon());
    parts.controlPlane().ifPresent(running -> next.controlPlane().ifPresent(running::become));
  }

  private static String answer(StatusSocket.Asked asked, VipManagerComponent parts) {
    Ownership ownership = parts.ownership();
    Drain drain = parts.drain();
    Profile profile = parts.profile();
    Optional<JsonObject> rebalance = Optional.empty();
    String refused = "";
    switch (asked.question()) {
      case STATUS -> {}
      case DRAIN -> refused = DrainRequest.of(true, profile, drain::ask);
      case UNDRAIN -> refused = DrainRequest.of(false, profile, drain::ask);
      case PLAN -> rebalance = Optional.of(ownership.rebalance(Optional.empty()));
      case REBALANCE ->
          rebalance =
              Optional.of(
                  ownership.rebalance(
                      Optional.of(asked.argument())
                          .filter(InetAddresses::isInetAddress)
                          .map(InetAddresses::forString)));
    }
    JsonObject report = ownership.report();
    DrainRequest.say(refused, report);
    rebalance.ifPresent(answer -> report.add("rebalance", answer));
    if (asked.question() == StatusSocket.Question.STATUS
        && InetAddresses.isInetAddress(asked.argument())) {
      NeighborReport.add(
          report,
          InetAddresses.forString(asked.argument()),
          NodeNeighbors.list(),
          parts.networkWatcher().current(),
          parts.records().macs());
    }
    return report.toString();
  }

  /// Where the nodes are whose API servers are well, this one left out.
  private static List<InetAddress> otherServers(RightView view, String node) {
    return view.live().values().stream()
        .filter(lease -> !lease.node().equals(node) && lease.links().controlPlane())
        .flatMap(lease -> lease.mesh().stream())
        .map(InetSocketAddress::getAddress)
        .toList();
  }
}
