package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.ServedAddresses;
import dev.thresher.vip.election.Serves;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.nodes.KnownNetworks;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// What the API server and the kernel say, read for the choice: Services, endpoints, nodes, the
/// node's network. Thread-safe; reads caches only.
public final class Cluster {

  private static final String BY_SERVICE = "service";
  private static final ObjectKey API_SERVER = ObjectKey.of("default", "kubernetes");

  /// The endpoints of the API servers, alone.
  public static final Scope API_SERVERS =
      new Scope(
          API_SERVER.namespace(), KubernetesNames.LABEL_SERVICE_NAME + "=" + API_SERVER.name(), "");

  private final Informer<V1Service> services;
  private final Informer<V1EndpointSlice> slices;
  private final Informer<V1EndpointSlice> apiServers;

  /// Each once: of all Services those of the API servers are among them.
  private final List<Informer<V1EndpointSlice>> allSlices;

  private final Informer<V1Node> nodes;
  private final NodeNetwork network;
  private final Supplier<InterfaceNames> configured;
  private final Supplier<KnownNetworks> networks;
  private final Supplier<KnownRanges> ranges;
  private final boolean servesServices;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile ServicePolicy policy;
  private final ControlPlaneWish.View controlPlane;
  private final ControlPlaneOwners owners;
  private final Drain drain;

  /// @param namespace of the Services, empty for all; absent if Services are not served
  /// @param configured the interfaces of this node for addresses that name none, as they are now
  /// @param networks of all nodes, as far as known
  /// @param ranges that objects of the cluster name
  /// @param owners whose the addresses of control planes are
  public Cluster(
      Informers informers,
      NodeNetwork network,
      Optional<String> namespace,
      ServicePolicy policy,
      Supplier<InterfaceNames> configured,
      Supplier<KnownNetworks> networks,
      Supplier<KnownRanges> ranges,
      ControlPlaneWish.View controlPlane,
      ControlPlaneOwners owners,
      Drain drain) {
    Optional<Scope> scope =
        namespace.map(name -> name.isEmpty() ? Scope.ALL : Scope.namespace(name));
    this.services =
        scope.map(where -> informers.informer(CoreTypes.SERVICE, where)).orElseGet(Unread::new);
    this.slices =
        scope
            .map(where -> informers.informer(CoreTypes.ENDPOINT_SLICE, where))
            .orElseGet(Unread::new);
    this.apiServers =
        namespace.isEmpty() || namespace.get().isEmpty()
            ? slices
            : informers.informer(CoreTypes.ENDPOINT_SLICE, API_SERVERS);
    this.allSlices = Stream.of(slices, apiServers).distinct().toList();
    this.controlPlane = controlPlane;
    this.owners = owners;
    this.drain = drain;
    this.nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
    this.network = network;
    this.policy = policy;
    this.configured = configured;
    this.networks = networks;
    this.servesServices = namespace.isPresent();
    // Who serves no Services need not know where their addresses may be.
    this.ranges = servesServices ? ranges : () -> KnownRanges.NONE;
    allSlices.forEach(each -> each.addIndex(BY_SERVICE, Cluster::serviceOf));
  }

  public Informer<V1Service> services() {
    return services;
  }

  /// Which Services are served, and which addresses they may have, from now on. Any thread.
  public void become(ServicePolicy next) {
    policy = next;
    listeners.forEach(Runnable::run);
  }

  void onChange(Runnable listener) {
    listeners.add(listener);
    services.onChange(change -> listener.run());
    allSlices.forEach(each -> each.onChange(change -> listener.run()));
    nodes.onChange(change -> listener.run());
    network.onChange(changed -> listener.run());
    controlPlane.onChange(listener);
    owners.onChange(listener);
    drain.onChange(listener);
  }

  boolean synced() {
    return services.hasSynced()
        && allSlices.stream().allMatch(Informer::hasSynced)
        && nodes.hasSynced()
        && owners.known()
        && ranges.get().settled();
  }

  /// This node's network, for the others.
  public NodeLinks links() {
    return NodeLinks.of(network.current(), configured.get())
        .withControlPlane(controlPlane.well())
        .withDraining(drain.reason().isPresent())
        .withServed(served())
        .withServes(new Serves(servesServices, controlPlane.serves()));
  }

  private ServedAddresses served() {
    if (!controlPlane.serves()) {
      return ServedAddresses.NONE;
    }
    return controlPlane
        .wish()
        .map(known -> ServedAddresses.of(known.addresses().addresses()))
        .orElse(ServedAddresses.UNKNOWN);
  }

  /// The addresses of control planes that any node names, without those that are a node's own: it
  /// would be silenced, and off the network.
  Set<InetAddress> controlPlanes(RightView view) {
    Set<InetAddress> all = new HashSet<>(owners.byAddress().keySet());
    all.removeAll(nodesOwn(all, view).keySet());
    return all;
  }

  /// What this node wants for the control plane; nothing while one of the addresses is a node's
  /// own.
  Optional<ControlPlaneWish> controlPlane(RightView view) {
    return controlPlane.wish().filter(wish -> misnamed(view).isEmpty());
  }

  /// The addresses that this node is told to hold for the control plane though they are a node's
  /// own, with that node.
  Map<InetAddress, String> misnamed(RightView view) {
    return controlPlane
        .wish()
        .map(wish -> nodesOwn(wish.addresses().addresses(), view))
        .orElse(Map.of());
  }

  /// Those that a node has with a network around them and calls its own in the API server, too. One
  /// of both is no proof: kube-vip may leave its address behind with a network, and a cloud
  /// provider may take a virtual address for the node's.
  private Map<InetAddress, String> nodesOwn(Collection<InetAddress> addresses, RightView view) {
    Map<InetAddress, String> own = new HashMap<>();
    for (NodeLease lease : view.live().values()) {
      for (NodeLinks.NodeLink link : lease.links().links()) {
        for (Prefix subnet : link.subnets()) {
          if (addresses.contains(subnet.address()) && isInternal(lease.node(), subnet.address())) {
            own.put(subnet.address(), "node " + lease.node() + " (" + link.name() + ")");
          }
        }
      }
    }
    return own;
  }

  private boolean isInternal(String node, InetAddress address) {
    return nodes
        .get(ObjectKey.cluster(node))
        .map(V1Node::getStatus)
        .map(V1NodeStatus::getAddresses)
        .stream()
        .flatMap(List::stream)
        .filter(each -> "InternalIP".equals(each.getType()))
        .map(V1NodeAddress::getAddress)
        .filter(InetAddresses::isInetAddress)
        .anyMatch(text -> InetAddresses.forString(text).equals(address));
  }

  /// Why this node is being drained, if it is.
  Optional<String> drained() {
    return drain.reason();
  }

  KnownNetworks networks() {
    return networks.get();
  }

  EndpointView endpoints(ObjectKey service) {
    return EndpointView.of(slices.byIndex(BY_SERVICE, service.toString()));
  }

  Collection<ServiceReading> readings(RightView view) {
    List<V1Service> all = services.list();
    ServicePolicy now = policy;
    AddressRules rules = rules(all, view, now);
    List<ServiceReading> readings = new ArrayList<>();
    Map<ObjectKey, V1Service> byKey = new HashMap<>();
    for (V1Service service : all) {
      readings.add(ServiceReader.read(service, now.classes(), rules));
      byKey.put(ObjectKey.of(service), service);
    }
    return SharedAddresses.settled(readings, byKey, now.sharedByAll());
  }

  Map<String, String> barredNodes() {
    Map<String, String> barred = new HashMap<>();
    for (V1Node node : nodes.list()) {
      String name = node.getMetadata().getName();
      Map<String, String> labels = node.getMetadata().getLabels();
      String excluded =
          labels == null ? null : labels.get(KubernetesNames.EXCLUDE_FROM_LOAD_BALANCERS);
      if (name != null && excluded != null && !excluded.equalsIgnoreCase("false")) {
        barred.put(
            name, "label " + KubernetesNames.EXCLUDE_FROM_LOAD_BALANCERS + " is set on the node");
      }
    }
    return barred;
  }

  private AddressRules rules(List<V1Service> all, RightView view, ServicePolicy now) {
    return new RuleBook()
        .gateways(network.current(), networks())
        .apiServers(apiServers.byIndex(BY_SERVICE, API_SERVER.toString()))
        .known(ranges.get())
        .live(view.live().values())
        .services(all, now.classes())
        .nodes(nodes.list())
        .controlPlane(
            controlPlane.wish().map(wish -> wish.addresses().addresses()).orElse(List.of()))
        .controlPlanes(owners.byAddress())
        .rules(now.allowed(), view.holders().keySet());
  }

  private static List<String> serviceOf(V1EndpointSlice slice) {
    Map<String, String> labels = slice.getMetadata().getLabels();
    String service = labels == null ? null : labels.get(KubernetesNames.LABEL_SERVICE_NAME);
    String namespace = slice.getMetadata().getNamespace();
    return service == null || namespace == null
        ? List.of()
        : List.of(ObjectKey.of(namespace, service).toString());
  }
}
