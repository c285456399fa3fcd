package dev.thresher.ccm.drivers;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.controllers.service.NodeSet;
import dev.thresher.ccm.controllers.service.ServiceReconciler;
import dev.thresher.ccm.harvester.loadbalancer.HarvesterLoadBalancers;
import dev.thresher.ccm.harvester.loadbalancer.LoadBalancerSettings;
import dev.thresher.ccm.harvester.loadbalancer.Placement;
import dev.thresher.ccm.harvester.loadbalancer.ReadBalancer;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.ccm.hostservice.BackEndSource;
import dev.thresher.ccm.hostservice.HostServiceBalancers;
import dev.thresher.ccm.hostservice.HostServiceSettings;
import dev.thresher.ccm.hostservice.Machines;
import dev.thresher.ccm.hostservice.Machines.Machine;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// A guest with two nodes and a host, one driver between them, and the Service `default/web`. The
/// test plays whoever gives addresses on the host.
final class DriverWorld {

  static final ObjectKey WEB = ObjectKey.of("default", "web");

  /// Longer than any driver gathers changes.
  private static final Duration MOMENT = Duration.ofMillis(200);

  final FakeStore guestStore;
  final FakeStore hostStore;
  final FakeKubeApi guest;
  final FakeKubeApi host;
  final VirtualTimeline timeline = new VirtualTimeline();
  final List<String> events = new ArrayList<>();

  final HostView hostView;

  private final Driver driver;
  private final Set<ObjectKey> woken = new LinkedHashSet<>();
  private ServiceReconciler reconciler;

  DriverWorld(Driver driver) {
    this.driver = driver;
    guestStore = new FakeStore(timeline::now);
    hostStore = new FakeStore(timeline::now);
    guest = new FakeKubeApi("guest", guestStore);
    host = new FakeKubeApi("host", hostStore);
    hostView = new HostView(driver, hostStore);
    guestStore.put(
        CoreTypes.SERVICE,
        json(
            "{\"metadata\": {\"name\": \"kubernetes\", \"namespace\": \"default\"}, \"spec\": {}}"));
    node("n1", "10.0.0.1", "fd00::1", "{}");
    node("n2", "10.0.0.2", "fd00::2", "{}");
    reconciler = process();
  }

  /// A new process on the same clusters; what the old one knew is lost.
  void restart() {
    reconciler = process();
  }

  private ServiceReconciler process() {
    FakeInformers hosts = new FakeInformers(hostStore, timeline);
    FakeInformers guests = new FakeInformers(guestStore, timeline);
    var services = guests.informer(CoreTypes.SERVICE, Scope.ALL);
    var nodes = guests.informer(CoreTypes.NODE, Scope.ALL);
    LoadBalancers balancers =
        switch (driver) {
          case LOAD_BALANCER -> loadBalancers(hosts, services, nodes);
          case SERVICE -> hostServices(hosts, guests);
        };
    balancers.onChange(woken::add);
    hosts.start();
    guests.start();
    woken.clear();
    return new ServiceReconciler(
        "gc1",
        balancers,
        services,
        () -> NodeSet.of(nodes.list()),
        guest,
        (regarding, type, reason, message) -> events.add(reason));
  }

  private LoadBalancers loadBalancers(
      FakeInformers hosts, Informer<V1Service> services, Informer<V1Node> nodes) {
    return new HarvesterLoadBalancers(
        new LoadBalancerSettings("vms", "", Placement.HOST),
        host,
        hosts.informer(ReadBalancer.TYPE, Scope.namespace("vms")),
        services,
        nodes,
        NodeNetworks.unknown(),
        timeline);
  }

  private LoadBalancers hostServices(FakeInformers hosts, FakeInformers guests) {
    var instances = hosts.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, Scope.namespace("vms"));
    Machines machines =
        node ->
            instances
                .get(ObjectKey.of("vms", String.valueOf(node.getMetadata().getName())))
                .map(instance ->
                    new Machine(
                        instance,
                        instance.getStatus().getInterfaces().stream()
                            .flatMap(card -> card.getIpAddresses().stream())
                            .map(IpAddress::parse)
                            .toList()));
    return new HostServiceBalancers(
        new HostServiceSettings(
            "vms",
            BackEndSource.SLICES,
            Map.of("cluster.x-k8s.io/role", "worker"),
            Map.of(),
            List.of(),
            Duration.ofSeconds(30)),
        host,
        hosts,
        guests,
        machines,
        timeline);
  }

  /// A node of the guest and its machine.
  ///
  /// @param labels of the node, as JSON
  void node(String name, String ipv4, String ipv6, String labels) {
    guestStore.put(
        CoreTypes.NODE,
        json(
            """
            {"metadata": {"name": "%s", "labels": %s},
             "status": {"addresses": [{"type": "InternalIP", "address": "%s"},
               {"type": "InternalIP", "address": "%s"}]}}
            """
                .formatted(name, labels, ipv4, ipv6)));
    hostStore.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
        json(
            """
            {"metadata": {"name": "%1$s", "namespace": "vms", "uid": "uid-%1$s"},
             "spec": {},
             "status": {"phase": "Running", "nodeName": "h1",
               "interfaces": [{"name": "default", "ipAddresses": ["%2$s", "%3$s"]}]}}
            """
                .formatted(name, ipv4, ipv6)));
  }

  /// The kubelet of a node, or who misses it, writes the node's condition `Ready`.
  void ready(String name, String status, String heartbeat) {
    ObjectKey key = ObjectKey.of("", name);
    JsonObject node = guestStore.getJson(CoreTypes.NODE, key).orElseThrow();
    JsonArray conditions = new JsonArray();
    conditions.add(
        json(
            "{\"type\": \"Ready\", \"status\": \"%s\", \"lastHeartbeatTime\": \"%s\"}"
                .formatted(status, heartbeat)));
    node.getAsJsonObject("status").add("conditions", conditions);
    guestStore.put(CoreTypes.NODE, node);
  }

  /// Whether anything wakes the Service up before this time is over.
  boolean wakesWithin(Duration time) {
    woken.clear();
    timeline.advance(time);
    return woken.contains(WEB);
  }

  /// Makes the Service, with these fields in place of the usual ones.
  void create(String spec) {
    JsonObject service =
        json(
            """
            {"metadata": {"name": "web", "namespace": "default"},
             "spec": {"type": "LoadBalancer", "ipFamilies": ["IPv4"],
               "ipFamilyPolicy": "SingleStack", "externalTrafficPolicy": "Cluster",
               "ports": [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]}}
            """);
    merge(service, spec);
    guestStore.put(CoreTypes.SERVICE, service);
  }

  /// Changes fields of its spec.
  void change(String spec) {
    JsonObject service = guestStore.getJson(CoreTypes.SERVICE, WEB).orElseThrow();
    merge(service, spec);
    guestStore.put(CoreTypes.SERVICE, service);
  }

  private static void merge(JsonObject service, String spec) {
    json(spec)
        .entrySet()
        .forEach(field -> service.getAsJsonObject("spec").add(field.getKey(), field.getValue()));
  }

  void delete() {
    new FakeKubeApi("user", guestStore).delete(CoreTypes.SERVICE, WEB, Precondition.NONE);
  }

  void look() {
    reconciler.reconcile(WEB);
  }

  /// Looks until nothing wakes the Service up any more.
  void settle() {
    int looks = 0;
    do {
      woken.clear();
      look();
      timeline.advance(MOMENT);
      if (++looks > 20) {
        throw new AssertionError("the program does not come to rest");
      }
    } while (woken.contains(WEB));
  }

  Optional<V1Service> service() {
    return guestStore.get(CoreTypes.SERVICE, WEB);
  }

  /// The addresses in the Service's status.
  List<String> ingress() {
    return service()
        .map(V1Service::getStatus)
        .map(status -> status.getLoadBalancer())
        .map(balancer -> balancer.getIngress())
        .map(points -> points.stream().map(V1LoadBalancerIngress::getIp).toList())
        .orElse(List.of());
  }

  String annotation(String key) {
    return service()
        .map(service -> service.getMetadata().getAnnotations())
        .map(annotations -> annotations.get(key))
        .orElse("");
  }

  /// `STATUS REASON` of the Service's condition, empty if it has none.
  String condition() {
    return service()
        .map(V1Service::getStatus)
        .map(status -> status.getConditions())
        .flatMap(conditions -> conditions.stream().findFirst())
        .map(condition -> condition.getStatus() + " " + condition.getReason())
        .orElse("");
  }

  List<String> writes() {
    return Stream.concat(host.writes().stream(), guest.writes().stream())
        .map(FakeCall::toString)
        .toList();
  }

  void forgetCalls() {
    host.forgetCalls();
    guest.forgetCalls();
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }
}
