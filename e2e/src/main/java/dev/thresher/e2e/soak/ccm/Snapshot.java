package dev.thresher.e2e.soak.ccm;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// What both clusters say at a moment.
///
/// @param services guest Services that are to have an address, by `namespace/name`
/// @param balancers `LoadBalancer` objects of the host
/// @param claims addresses that are claimed
/// @param allocated addresses that the pools list as given
/// @param nodes guest nodes, by name
/// @param machines UIDs of the VirtualMachines, by name
record Snapshot(
    Map<String, Service> services,
    List<Balancer> balancers,
    List<String> claims,
    List<String> allocated,
    Map<String, Node> nodes,
    Map<String, String> machines) {

  static final String ADDRESSES = "kube-vip.io/loadbalancerIPs";

  private static final String CLUSTER_LABELS = "cloudprovider.harvesterhci.io/";

  /// @param told the addresses that the VIP manager is told to hold
  /// @param ingress the addresses in its status
  record Service(String uid, List<String> told, List<String> ingress) {}

  /// @param service `namespace/name` of the guest Service that its labels name
  /// @param reserved the address that is reserved, "" if none is
  /// @param address `status.address`
  record Balancer(String name, String uid, String service, String reserved, String address) {}

  /// @param taints keys
  record Node(String uid, String providerId, Set<String> taints) {}

  static Snapshot of(Cloud cloud) {
    var host = new HostObjects(cloud.host());
    var services = new HashMap<String, Service>();
    for (JsonObject service : cloud.guest().api().list("/api/v1/services")) {
      if (HostObjects.text(service, "spec", "type").equals("LoadBalancer")) {
        services.put(key(service), service(service));
      }
    }
    var nodes = new HashMap<String, Node>();
    for (JsonObject node : cloud.guest().api().list("/api/v1/nodes")) {
      nodes.put(HostObjects.name(node), node(node));
    }
    var machines = new HashMap<String, String>();
    for (JsonObject machine :
        cloud.host().api().list("/apis/kubevirt.io/v1/namespaces/default/virtualmachines")) {
      machines.put(HostObjects.name(machine), HostObjects.text(machine, "metadata", "uid"));
    }
    return new Snapshot(
        services,
        host.loadBalancers().stream().map(Snapshot::balancer).toList(),
        host.claims().stream().map(claim -> HostObjects.text(claim, "spec", "address")).toList(),
        host.allocated(),
        nodes,
        machines);
  }

  static Service service(JsonObject service) {
    String told = HostObjects.text(service, "metadata", "annotations", ADDRESSES);
    return new Service(
        HostObjects.text(service, "metadata", "uid"),
        Stream.of(told.split(",")).filter(address -> !address.isEmpty()).toList(),
        GuestService.ingress(service));
  }

  static String key(JsonObject object) {
    return HostObjects.text(object, "metadata", "namespace") + "/" + HostObjects.name(object);
  }

  private static Balancer balancer(JsonObject balancer) {
    return new Balancer(
        HostObjects.name(balancer),
        HostObjects.text(balancer, "metadata", "uid"),
        HostObjects.text(balancer, "metadata", "labels", CLUSTER_LABELS + "serviceNamespace")
            + "/"
            + HostObjects.text(balancer, "metadata", "labels", CLUSTER_LABELS + "serviceName"),
        HostObjects.text(balancer, "status", "allocatedAddress", "ip"),
        HostObjects.text(balancer, "status", "address"));
  }

  private static Node node(JsonObject node) {
    var taints = new HashSet<String>();
    JsonElement present = node.getAsJsonObject("spec").get("taints");
    var list = new ArrayList<JsonElement>();
    if (present != null) {
      present.getAsJsonArray().forEach(list::add);
    }
    list.forEach(taint -> taints.add(taint.getAsJsonObject().get("key").getAsString()));
    return new Node(
        HostObjects.text(node, "metadata", "uid"),
        HostObjects.text(node, "spec", "providerID"),
        Set.copyOf(taints));
  }
}
