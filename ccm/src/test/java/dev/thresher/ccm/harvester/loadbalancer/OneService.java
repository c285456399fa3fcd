package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.ccm.controllers.service.NodeSet;
import dev.thresher.ccm.controllers.service.ServiceReconciler;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;

/// The provider under the real controller, with a fake API server on each side and one Service. The
/// tests play the host's controller and the guest's VIP manager.
abstract class OneService {

  static final ObjectKey WEB = ObjectKey.of("default", "web");
  static final String IPS = "kube-vip.io/loadbalancerIPs";

  static final NodeSet NODES =
      NodeSet.of(List.of(new V1Node().metadata(new V1ObjectMeta().name("n1"))));

  final VirtualTimeline timeline = new VirtualTimeline();
  final FakeStore guestStore = new FakeStore();
  final FakeStore hostStore = new FakeStore();
  final FakeKubeApi guest = new FakeKubeApi("guest", guestStore);
  final FakeKubeApi host = new FakeKubeApi("host", hostStore);
  final List<String> events = new ArrayList<>();
  final List<String> messages = new ArrayList<>();
  final EventRecorder recorder =
      (regarding, type, reason, message) -> {
        events.add(reason);
        messages.add(message);
      };
  final Set<ObjectKey> woken = new LinkedHashSet<>();
  Placement placement = Placement.GUEST;
  NodeNetworks networks = NodeNetworks.unknown();
  ServiceReconciler reconciler;

  @BeforeEach
  void start() {
    restart();
  }

  /// A new process on the same clusters.
  final void restart() {
    FakeInformers hosts = new FakeInformers(hostStore, timeline);
    reconciler = process(hosts);
    hosts.start();
  }

  /// A new process that sees the host so.
  ServiceReconciler process(FakeInformers hosts) {
    FakeInformers guests = new FakeInformers(guestStore, timeline);
    var services = guests.informer(CoreTypes.SERVICE, Scope.ALL);
    var balancers =
        new HarvesterLoadBalancers(
            new LoadBalancerSettings("vms", "", placement),
            host,
            hosts.informer(ReadBalancer.TYPE, Scope.namespace("vms")),
            services,
            guests.informer(CoreTypes.NODE, Scope.ALL),
            networks,
            timeline);
    balancers.onChange(woken::add);
    var made = new ServiceReconciler("gc1", balancers, services, () -> NODES, guest, recorder);
    guests.start();
    return made;
  }

  V1Service put(Consumer<V1Service> change) {
    V1Service service =
        new V1Service()
            .metadata(new V1ObjectMeta().name("web").namespace("default"))
            .spec(
                new V1ServiceSpec()
                    .type("LoadBalancer")
                    .ipFamilies(List.of("IPv4"))
                    .ipFamilyPolicy("SingleStack")
                    .addPortsItem(
                        new V1ServicePort().name("http").port(80).protocol("TCP").nodePort(30080)));
    change.accept(service);
    return guestStore.put(CoreTypes.SERVICE, service);
  }

  static Consumer<V1Service> annotated(String key, String value) {
    return service -> service.getMetadata().putAnnotationsItem(key, value);
  }

  V1Service service() {
    return guestStore.get(CoreTypes.SERVICE, WEB).orElseThrow();
  }

  String annotation(String key) {
    Map<String, String> annotations = service().getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(key, "");
  }

  List<ObjectKey> balancers() {
    return hostStore.list(LoadBalancerTypes.LOAD_BALANCER).stream().map(ObjectKey::of).toList();
  }

  JsonObject balancer() {
    assertThat(balancers()).hasSize(1);
    return hostStore.getJson(LoadBalancerTypes.LOAD_BALANCER, balancers().getFirst()).orElseThrow();
  }

  void change(Consumer<JsonObject> change) {
    JsonObject balancer = balancer();
    change.accept(balancer);
    hostStore.put(LoadBalancerTypes.LOAD_BALANCER, balancer);
  }

  /// The host's controller reserves addresses.
  void allocate(String... addresses) {
    change(balancer -> {
      JsonObject allocated = new JsonObject();
      allocated.addProperty("ipPool", "p");
      allocated.addProperty("ip", addresses[0]);
      if (addresses.length > 1) {
        allocated.addProperty("ipv6IP", addresses[1]);
      }
      JsonObject status =
          balancer.has("status") ? balancer.getAsJsonObject("status") : new JsonObject();
      status.add("allocatedAddress", allocated);
      balancer.add("status", status);
    });
  }

  /// The host's VIP manager answers, and the host's controller copies it.
  void announce(String... addresses) {
    change(balancer -> {
      JsonArray all = new JsonArray();
      List.of(addresses).forEach(all::add);
      balancer.getAsJsonObject("status").addProperty("address", addresses[0]);
      balancer.getAsJsonObject("status").add("addresses", all);
    });
  }

  /// The guest's VIP manager answers.
  void answer(String... addresses) {
    new FakeKubeApi("vip-manager", guestStore)
        .patch(
            CoreTypes.SERVICE,
            WEB,
            Patches.serviceIngress(
                List.of(addresses).stream()
                    .map(ip -> new V1LoadBalancerIngress().ip(ip).ipMode("VIP"))
                    .toList()));
  }

  String statusAddress() {
    JsonObject status = balancer().getAsJsonObject("status");
    return status.has("address") ? status.get("address").getAsString() : "";
  }

  List<String> ingress() {
    var status = service().getStatus();
    return status == null
            || status.getLoadBalancer() == null
            || status.getLoadBalancer().getIngress() == null
        ? List.of()
        : status.getLoadBalancer().getIngress().stream().map(V1LoadBalancerIngress::getIp).toList();
  }

  void reconcile() {
    reconciler.reconcile(WEB);
  }

  void delete() {
    new FakeKubeApi("user", guestStore).delete(CoreTypes.SERVICE, WEB, Precondition.NONE);
  }

  static List<String> texts(List<FakeCall> calls) {
    return calls.stream().map(FakeCall::toString).toList();
  }

  String condition() {
    var status = service().getStatus();
    return status == null || status.getConditions() == null
        ? ""
        : status.getConditions().getFirst().getStatus()
            + " "
            + status.getConditions().getFirst().getReason();
  }

  /// The host's controller says why it is not ready, or that it is.
  void ready(String status, String reason, String message) {
    change(balancer -> {
      JsonObject condition = new JsonObject();
      condition.addProperty("type", "Ready");
      condition.addProperty("status", status);
      condition.addProperty("reason", reason);
      condition.addProperty("message", message);
      JsonArray all = new JsonArray();
      all.add(condition);
      JsonObject has =
          balancer.has("status") ? balancer.getAsJsonObject("status") : new JsonObject();
      has.add("conditions", all);
      balancer.add("status", has);
    });
  }
}
