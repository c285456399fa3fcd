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
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.nodes.KnownNetworks;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/// What the API server and the kernel say, read for the choice: Services, endpoints, nodes, the
/// node's network. Thread-safe; reads caches only.
public final class Cluster {

  private static final String BY_SERVICE = "service";

  private final Informer<V1Service> services;
  private final Informer<V1EndpointSlice> slices;
  private final Informer<V1Node> nodes;
  private final NodeNetwork network;
  private final ClassPolicy classes;
  private final Supplier<InterfaceNames> configured;
  private final Supplier<KnownNetworks> networks;

  /// @param namespace of the Services, empty for all
  /// @param configured the interfaces of this node for addresses that name none, as they are now
  /// @param networks of all nodes, as far as known
  public Cluster(
      Informers informers,
      NodeNetwork network,
      String namespace,
      ClassPolicy classes,
      Supplier<InterfaceNames> configured,
      Supplier<KnownNetworks> networks) {
    Scope scope = namespace.isEmpty() ? Scope.ALL : Scope.namespace(namespace);
    this.services = informers.informer(CoreTypes.SERVICE, scope);
    this.slices = informers.informer(CoreTypes.ENDPOINT_SLICE, scope);
    this.nodes = informers.informer(CoreTypes.NODE, Scope.ALL);
    this.network = network;
    this.classes = classes;
    this.configured = configured;
    this.networks = networks;
    slices.addIndex(BY_SERVICE, Cluster::serviceOf);
  }

  public Informer<V1Service> services() {
    return services;
  }

  void onChange(Runnable listener) {
    services.onChange(change -> listener.run());
    slices.onChange(change -> listener.run());
    nodes.onChange(change -> listener.run());
    network.onChange(changed -> listener.run());
  }

  boolean synced() {
    return services.hasSynced() && slices.hasSynced() && nodes.hasSynced();
  }

  /// This node's network, for the others.
  public NodeLinks links() {
    return NodeLinks.of(network.current(), configured.get());
  }

  KnownNetworks networks() {
    return networks.get();
  }

  EndpointView endpoints(ObjectKey service) {
    return EndpointView.of(slices.byIndex(BY_SERVICE, service.toString()));
  }

  Collection<ServiceReading> readings(RightView view) {
    List<V1Service> all = services.list();
    AddressRules rules = rules(all, view);
    List<ServiceReading> readings = new ArrayList<>();
    for (V1Service service : all) {
      readings.add(ServiceReader.read(service, classes, rules));
    }
    return readings;
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

  private AddressRules rules(List<V1Service> all, RightView view) {
    Map<InetAddress, String> taken = new HashMap<>();
    Set<Prefix> subnets = new HashSet<>();
    for (NodeLease lease : view.live().values()) {
      for (NodeLinks.NodeLink link : lease.links().links()) {
        for (Prefix own : link.subnets()) {
          subnets.add(own);
          taken.put(own.address(), "node " + lease.node() + " (" + link.name() + ")");
        }
      }
    }
    for (V1Service service : all) {
      if (service.getSpec() == null || service.getSpec().getClusterIPs() == null) {
        continue;
      }
      for (String text : service.getSpec().getClusterIPs()) {
        if (InetAddresses.isInetAddress(text)) {
          taken.put(
              InetAddresses.forString(text), "Service " + ObjectKey.of(service) + " (clusterIP)");
        }
      }
    }
    for (V1Node node : nodes.list()) {
      if (node.getStatus() == null || node.getStatus().getAddresses() == null) {
        continue;
      }
      for (V1NodeAddress address : node.getStatus().getAddresses()) {
        if (InetAddresses.isInetAddress(address.getAddress())) {
          taken.put(
              InetAddresses.forString(address.getAddress()),
              "node " + node.getMetadata().getName());
        }
      }
    }
    return new AddressRules(taken, List.copyOf(subnets));
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
