package dev.thresher.vip.app;

import dagger.Module;
import dagger.Provides;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.OkHttpKubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.RemoteInformers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.lifecycle.ShutdownSignal;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.time.Timeline;
import dev.thresher.vip.balancing.ApiServers;
import dev.thresher.vip.balancing.BalancingGate;
import dev.thresher.vip.controlplane.ControlPlane;
import dev.thresher.vip.controlplane.ControlPlaneConfig;
import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.LeaseRight;
import dev.thresher.vip.election.Right;
import dev.thresher.vip.election.RightConfig;
import dev.thresher.vip.kubevip.KubeVipRight;
import dev.thresher.vip.kubevip.LeaseNames;
import dev.thresher.vip.l2.AddressGate;
import dev.thresher.vip.l2.DeviceGate;
import dev.thresher.vip.l2.DeviceKind;
import dev.thresher.vip.l2.Enforcement;
import dev.thresher.vip.l2.NftablesGate;
import dev.thresher.vip.l2.PacketEnforcement;
import dev.thresher.vip.l2.ReturnPathGate;
import dev.thresher.vip.lease.NoMajority;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import dev.thresher.vip.majority.MajorityRight;
import dev.thresher.vip.mesh.KeyFollower;
import dev.thresher.vip.mesh.TcpMesh;
import dev.thresher.vip.nodes.LocalSettings;
import dev.thresher.vip.nodes.NodeRecords;
import dev.thresher.vip.services.AddressKeeper;
import dev.thresher.vip.services.Assignment;
import dev.thresher.vip.services.Cluster;
import dev.thresher.vip.services.ClusterRanges;
import dev.thresher.vip.services.ConflictPace;
import dev.thresher.vip.services.ControlPlaneOwners;
import dev.thresher.vip.services.ControlPlaneWish;
import dev.thresher.vip.services.Drain;
import dev.thresher.vip.services.DrainReports;
import dev.thresher.vip.services.KubeVipMetrics;
import dev.thresher.vip.services.NodeEvents;
import dev.thresher.vip.services.NodeLabelPlan;
import dev.thresher.vip.services.NodeLabels;
import dev.thresher.vip.services.Ownership;
import dev.thresher.vip.services.Reports;
import dev.thresher.vip.services.ServiceStatus;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// The addresses: enforcement, right, choice, Services.
@Module
final class OwnershipModule {

  /// A node may be given a quarter more addresses than the average.
  private static final double LOAD_FACTOR = 1.25;

  private static final Duration HAND_OVER = Duration.ofSeconds(5);
  private static final int STATUS_WORKERS = 8;

  /// A kube-vip that lost its Lease may have the address for some seconds more.
  private static final Duration KUBE_VIP_LEAVES = Duration.ofSeconds(2);

  /// Whoever takes over so many addresses at once answers for them first, and writes about it so
  /// much later: the writes would take the processor from the taking over.
  private static final int MANY = 20;

  private static final Duration MANY_LATER = Duration.ofMillis(300);

  private OwnershipModule() {}

  @Provides
  @Singleton
  static NftablesGate gate(ManagerConfig config, Metrics metrics) {
    // Who keeps what it holds without a majority has no lease that could end.
    boolean leased = config.majority().filter(m -> m.lease().policy() == NoMajority.KEEP).isEmpty();
    NftablesGate gate =
        new NftablesGate(
            leased ? NftablesGate.Ends.WITH_THE_LEASE : NftablesGate.Ends.WHEN_CLOSED,
            config.icmp(),
            config.virtualMac());
    metrics.gauge(
        "thresher_vip_kernel_ends_leases",
        "1 if the kernel stops answers when a lease ends, 0 if the process alone does.",
        () -> gate.endsInTheKernel() ? 1 : 0);
    metrics.counter(
        "thresher_vip_gate_repairs_total",
        "How often the nftables tables had vanished and were made again.",
        gate::repairs);
    return gate;
  }

  /// It has to know every device: what this node says on any of them is its own.
  @Provides
  @Singleton
  static Enforcement enforcement(
      NodeNetworkWatcher network,
      NftablesGate kernel,
      ManagerConfig config,
      Optional<ControlPlane> controlPlane,
      Optional<ApiServers> servers,
      NodeEvents events,
      Timeline timeline,
      Metrics metrics) {
    AddressGate gate = kernel;
    if (config.controlPlane().isPresent()) {
      gate =
          forControlPlane(
              network,
              kernel,
              config.controlPlane().get(),
              controlPlane.orElseThrow(),
              servers,
              events,
              timeline,
              metrics);
    }
    if (config.returnPath()) {
      gate = withReturnPath(network, gate, kernel, events, metrics);
    }
    return PacketEnforcement.onThisNode(network, gate, config.icmp(), config.pace());
  }

  private static AddressGate forControlPlane(
      NodeNetworkWatcher network,
      AddressGate kernel,
      ControlPlaneConfig config,
      ControlPlane controlPlane,
      Optional<ApiServers> servers,
      NodeEvents events,
      Timeline timeline,
      Metrics metrics) {
    List<DeviceKind> kinds = kinds(config.device());
    AddressGate gate = kernel;
    if (!kinds.isEmpty()) {
      DeviceGate device =
          new DeviceGate(kernel, controlPlane::owns, kinds, network, events::warning, timeline);
      metrics.counter(
          "thresher_vip_address_repairs_total",
          "How often an address of the control plane was removed from the node and given again.",
          device::repairs);
      gate = device;
    }
    if (config.balancing().isEmpty()) {
      return gate;
    }
    BalancingGate balancing =
        new BalancingGate(gate, controlPlane::owns, config.balancing().get().port());
    servers.orElseThrow().onChange(balancing::servers);
    return balancing;
  }

  private static List<DeviceKind> kinds(ControlPlaneConfig.Device device) {
    return switch (device) {
      case AUTO -> DeviceKind.AUTOMATIC;
      case NONE -> List.of();
      case TUN -> List.of(DeviceKind.TUN);
      case NIC -> List.of(DeviceKind.NIC);
      case LO -> List.of(DeviceKind.LO);
    };
  }

  private static AddressGate withReturnPath(
      NodeNetworkWatcher network,
      AddressGate gate,
      NftablesGate kernel,
      NodeEvents events,
      Metrics metrics) {
    ReturnPathGate returning = new ReturnPathGate(gate, kernel, network, events::warning);
    metrics.gauge(
        "thresher_vip_return_paths",
        "Interfaces by which answers leave though the default route leads elsewhere.",
        returning::paths);
    metrics.counter(
        "thresher_vip_return_path_repairs_total",
        "Routes and rules of return paths that somebody removed and that were made again.",
        returning::repairs);
    return returning;
  }

  @Provides
  @Singleton
  static AddressKeeper keeper(
      Enforcement enforcement,
      NodeNetwork network,
      Timeline timeline,
      LocalSettings settings,
      ManagerConfig config,
      Profile profile,
      Metrics metrics) {
    return new AddressKeeper(
        enforcement,
        network,
        timeline,
        settings::used,
        profile == Profile.COMPATIBLE
            ? ConflictPace.always(KUBE_VIP_LEAVES)
            : config.pace().isPatient() ? ConflictPace.RFC_5227 : ConflictPace.DEFAULT,
        metrics);
  }

  @Provides
  @Singleton
  static RightConfig rightConfig(ManagerConfig config, ThisNode node) {
    byte[] random = new byte[6];
    new SecureRandom().nextBytes(random);
    return new RightConfig(
        config.node(),
        HexFormat.of().formatHex(random),
        config.leaseNamespace(),
        node::uid,
        config.times());
  }

  @Provides
  @Singleton
  static TcpMesh mesh(
      ManagerConfig config,
      RightConfig right,
      ThisNode node,
      NodeNetworkWatcher network,
      Metrics metrics) {
    TcpMesh mesh =
        new TcpMesh(
            config.node(),
            right.process(),
            node::addresses,
            config.meshPort(),
            config.meshKeys().isPresent() ? TcpMesh.Greetings.PROVEN : TcpMesh.Greetings.PLAIN,
            metrics);
    network.onChange(_ -> mesh.look());
    node.onFound(mesh::look);
    return mesh;
  }

  /// Where the right by a majority does not look after the keys.
  @Provides
  @Singleton
  static Optional<KeyFollower> keyFollower(
      ManagerConfig config, TcpMesh mesh, Timeline timeline, NodeEvents events, Metrics metrics) {
    return config
        .meshKeys()
        .filter(_ -> config.majority().isEmpty())
        .map(path -> new KeyFollower(path, mesh, timeline, metrics, events::warning));
  }

  @Provides
  @Singleton
  static Right right(
      ManagerConfig manager,
      RightConfig config,
      KubeApi api,
      Informers informers,
      TcpMesh mesh,
      Timeline timeline,
      AddressKeeper keeper,
      NftablesGate gate,
      NodeEvents events,
      Metrics metrics,
      Profile profile,
      ShutdownSignal signal) {
    if (profile == Profile.COMPATIBLE) {
      LeaseNames names = manager.compatible().names();
      Function<ObjectKey, Optional<V1Service>> find =
          manager
              .serviceNamespace()
              .<Function<ObjectKey, Optional<V1Service>>>map(
                  namespace -> informers.informer(CoreTypes.SERVICE, scope(namespace))::get)
              .orElse(key -> Optional.empty());
      return new KubeVipRight(
          config,
          manager.compatible().watched(manager.serviceNamespace()),
          wantedBy -> names.of(wantedBy, find),
          api,
          informers,
          timeline,
          keeper,
          gate,
          metrics,
          why -> signal.request(1, why));
    }
    if (manager.majority().isPresent()) {
      Informer<V1Node> nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
      return new MajorityRight(
          config,
          manager.majority().get(),
          manager.meshKeys(),
          api,
          informers,
          mesh,
          timeline,
          () ->
              nodes.hasSynced()
                  ? Optional.of(nodes.list().stream().map(PossibleVoter::of).toList())
                  : Optional.empty(),
          keeper,
          gate,
          metrics,
          events::warning,
          why -> signal.request(1, why));
    }
    return new LeaseRight(
        config,
        api,
        informers,
        mesh,
        timeline,
        keeper,
        gate,
        metrics,
        why -> signal.request(1, why));
  }

  private static Scope scope(String namespace) {
    return namespace.isEmpty() ? Scope.ALL : Scope.namespace(namespace);
  }

  @Provides
  @Singleton
  static ClusterRanges ranges(OkHttpKubeApi client, Timeline timeline, Metrics metrics) {
    return new ClusterRanges(
        client,
        () -> {
          RemoteInformers own = new RemoteInformers(client, timeline, metrics);
          own.start();
          return own;
        },
        timeline);
  }

  @Provides
  @Singleton
  static Drain drain(ManagerConfig config, Informers informers, Profile profile) {
    return new Drain(
        config.node(),
        config.drainOnCordon(),
        profile == Profile.FULL,
        informers.informer(CoreTypes.NODE, Scope.ALL));
  }

  @Provides
  @Singleton
  static DrainReports drainReports(
      Drain drain, AddressKeeper keeper, NodeEvents events, Metrics metrics) {
    DrainReports reports = new DrainReports(drain, keeper::keeping, events, metrics);
    drain.onChange(reports::look);
    keeper.onChange(any -> reports.look());
    return reports;
  }

  @Provides
  @Singleton
  static Cluster cluster(
      Informers informers,
      NodeNetwork network,
      ManagerConfig config,
      LocalSettings settings,
      NodeRecords records,
      ControlPlaneWish.View controlPlane,
      ClusterRanges ranges,
      RightConfig right,
      Profile profile,
      Drain drain) {
    return new Cluster(
        informers,
        network,
        config.serviceNamespace(),
        config.services(),
        settings::used,
        records::networks,
        ranges::known,
        controlPlane,
        // Who goes by kube-vip's Leases writes none of its own.
        profile == Profile.FULL
            ? ControlPlaneOwners.of(LeaseRight.leases(informers, right))
            : ControlPlaneOwners.NOBODY,
        drain);
  }

  @Provides
  @Singleton
  static Ownership ownership(
      Cluster cluster,
      Right right,
      AddressKeeper keeper,
      Timeline timeline,
      EventRecorder events,
      NodeEvents ofNode,
      ManagerConfig config,
      NodeRecords records,
      ClusterRanges ranges,
      Profile profile,
      NftablesGate gate,
      Metrics metrics) {
    boolean knowsOthers = profile == Profile.FULL;
    Ownership ownership =
        new Ownership(
            cluster,
            right,
            keeper,
            timeline,
            new Reports(
                config.node(), cluster.services(), events, ofNode, keeper::keeping, knowsOthers),
            new Assignment.Settings(config.node(), LOAD_FACTOR, false, knowsOthers),
            HAND_OVER,
            gate::fence);
    if (right instanceof KubeVipRight kubeVip) {
      ownership.beforeWanting(desired -> kubeVip.services(desired.services()));
    }
    records.onChange(ownership::lookNow);
    ranges.onChange(ownership::lookNow);
    KubeVipMetrics.addTo(
        metrics, config.node(), cluster.services(), ownership::desired, keeper::keeping);
    return ownership;
  }

  @Provides
  @Singleton
  static NodeLabels nodeLabels(
      ManagerConfig config,
      KubeApi api,
      Informers informers,
      Ownership ownership,
      AddressKeeper keeper,
      Optional<ControlPlane> controlPlane,
      Timeline timeline,
      Metrics metrics) {
    NodeLabels labels =
        new NodeLabels(
            config.node(),
            api,
            informers.informer(CoreTypes.NODE, Scope.ALL),
            () -> config.serviceNamespace().map(any -> ownership.desired().byService()),
            () ->
                controlPlane.map(served ->
                    new NodeLabelPlan.Named(
                        served.named(),
                        served.wish().map(wish -> wish.addresses().addresses()).orElse(List.of()))),
            keeper::keeping,
            timeline,
            metrics);
    keeper.onChange(any -> labels.look());
    ownership.onServicesChange(any -> labels.look());
    return labels;
  }

  @Provides
  @Singleton
  static Controller<ObjectKey> status(
      ManagerConfig config,
      KubeApi api,
      Cluster cluster,
      Ownership ownership,
      AddressKeeper keeper,
      Right right,
      EventRecorder events,
      Timeline timeline,
      Metrics metrics) {
    ServiceStatus status =
        new ServiceStatus(
            config.node(),
            api,
            cluster.services(),
            ownership::desired,
            keeper::keeping,
            address -> {
              Holder holder = right.view().holders().get(address);
              return holder != null && !holder.node().equals(config.node());
            },
            ownership::findings,
            events);
    Controller<ObjectKey> controller =
        Controller.builder("service-status", KubeVipMetrics.measured(status, metrics), timeline)
            .workers(STATUS_WORKERS)
            .metrics(metrics)
            .build();
    controller.watch(cluster.services(), change -> List.of(ObjectKey.of(change.object())));
    ownership.onServicesChange(keys -> {
      if (keys.size() < MANY) {
        keys.forEach(controller::enqueue);
      } else {
        keys.forEach(key -> controller.enqueueAfter(key, MANY_LATER));
      }
    });
    return controller;
  }
}
