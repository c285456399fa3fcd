package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.ccm.controllers.service.NodeSet;
import dev.thresher.ccm.controllers.service.ServiceReconciler;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.ccm.harvester.networks.NodeNetworks.Cards;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The provider under the real controller, with a fake API server on each side. The tests play the
/// host's controller and the guest's VIP manager.
class HarvesterLoadBalancersTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final String IPS = "kube-vip.io/loadbalancerIPs";

  private static final NodeSet NODES =
      NodeSet.of(List.of(new V1Node().metadata(new V1ObjectMeta().name("n1"))));

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore guestStore = new FakeStore();
  private final FakeStore hostStore = new FakeStore();
  private final FakeKubeApi guest = new FakeKubeApi("guest", guestStore);
  private final FakeKubeApi host = new FakeKubeApi("host", hostStore);
  private final List<String> events = new ArrayList<>();
  private final List<String> messages = new ArrayList<>();
  private final EventRecorder recorder =
      (regarding, type, reason, message) -> {
        events.add(reason);
        messages.add(message);
      };
  private final Set<ObjectKey> woken = new LinkedHashSet<>();
  private Placement placement = Placement.GUEST;
  private NodeNetworks networks = NodeNetworks.unknown();
  private ServiceReconciler reconciler;

  @BeforeEach
  void start() {
    restart();
  }

  /// A new process on the same clusters.
  private void restart() {
    FakeInformers hosts = new FakeInformers(hostStore, timeline);
    reconciler = process(hosts);
    hosts.start();
  }

  /// A new process that sees the host so.
  private ServiceReconciler process(FakeInformers hosts) {
    FakeInformers guests = new FakeInformers(guestStore, timeline);
    var services = guests.informer(CoreTypes.SERVICE, Scope.ALL);
    var balancers =
        new HarvesterLoadBalancers(
            new LoadBalancerSettings("vms", "", placement),
            host,
            hosts.informer(ReadBalancer.TYPE, Scope.namespace("vms")),
            services,
            networks,
            timeline);
    balancers.onChange(woken::add);
    var made = new ServiceReconciler("gc1", balancers, services, () -> NODES, guest, recorder);
    guests.start();
    return made;
  }

  private V1Service put(Consumer<V1Service> change) {
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

  private static Consumer<V1Service> annotated(String key, String value) {
    return service -> service.getMetadata().putAnnotationsItem(key, value);
  }

  private V1Service service() {
    return guestStore.get(CoreTypes.SERVICE, WEB).orElseThrow();
  }

  private String annotation(String key) {
    Map<String, String> annotations = service().getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(key, "");
  }

  private List<ObjectKey> balancers() {
    return hostStore.list(LoadBalancerTypes.LOAD_BALANCER).stream().map(ObjectKey::of).toList();
  }

  private JsonObject balancer() {
    assertThat(balancers()).hasSize(1);
    return hostStore.getJson(LoadBalancerTypes.LOAD_BALANCER, balancers().getFirst()).orElseThrow();
  }

  private void change(Consumer<JsonObject> change) {
    JsonObject balancer = balancer();
    change.accept(balancer);
    hostStore.put(LoadBalancerTypes.LOAD_BALANCER, balancer);
  }

  /// The host's controller reserves addresses.
  private void allocate(String... addresses) {
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
  private void announce(String... addresses) {
    change(balancer -> {
      JsonArray all = new JsonArray();
      List.of(addresses).forEach(all::add);
      balancer.getAsJsonObject("status").addProperty("address", addresses[0]);
      balancer.getAsJsonObject("status").add("addresses", all);
    });
  }

  /// The guest's VIP manager answers.
  private void answer(String... addresses) {
    new FakeKubeApi("vip-manager", guestStore)
        .patch(
            CoreTypes.SERVICE,
            WEB,
            Patches.serviceIngress(
                List.of(addresses).stream()
                    .map(ip -> new V1LoadBalancerIngress().ip(ip).ipMode("VIP"))
                    .toList()));
  }

  private String statusAddress() {
    JsonObject status = balancer().getAsJsonObject("status");
    return status.has("address") ? status.get("address").getAsString() : "";
  }

  private List<String> ingress() {
    var status = service().getStatus();
    return status == null
            || status.getLoadBalancer() == null
            || status.getLoadBalancer().getIngress() == null
        ? List.of()
        : status.getLoadBalancer().getIngress().stream().map(V1LoadBalancerIngress::getIp).toList();
  }

  private void reconcile() {
    reconciler.reconcile(WEB);
  }

  private void delete() {
    new FakeKubeApi("user", guestStore).delete(CoreTypes.SERVICE, WEB, Precondition.NONE);
  }

  private static List<String> texts(List<FakeCall> calls) {
    return calls.stream().map(FakeCall::toString).toList();
  }

  @Test
  void anAddressOnAGuestNodeFromEndToEnd() {
    V1Service service = put(s -> {});
    reconcile();
    String name = LoadBalancerName.of("gc1", "default", "web", service.getMetadata().getUid());
    assertThat(balancers()).containsExactly(ObjectKey.of("vms", name));
    assertThat(woken).containsExactly(WEB);
    assertThat(annotation(IPS)).isEmpty();

    allocate("192.0.2.1");
    reconcile();
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(ingress()).isEmpty();
    assertThat(statusAddress()).isEmpty();

    answer("192.0.2.1");
    reconcile();
    assertThat(statusAddress()).isEqualTo("192.0.2.1");
    assertThat(events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
    assertThat(texts(host.calls()))
        .containsExactly(
            "create loadbalancers.loadbalancer.harvesterhci.io vms/" + name,
            "update loadbalancers.loadbalancer.harvesterhci.io vms/" + name);
    assertThat(texts(guest.writes()))
        .containsExactly("patch services default/web", "patch services default/web");

    host.forgetCalls();
    guest.forgetCalls();
    reconcile();
    restart();
    reconcile();
    assertThat(host.calls()).isEmpty();
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void saysSoWhenNoVipManagerHoldsTheAddress() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Verdict.ANSWER_PATIENCE));
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(events).containsExactly("EnsuringLoadBalancer");

    timeline.advance(Verdict.ANSWER_PATIENCE);
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(events).containsExactly("EnsuringLoadBalancer", "AddressNotHeld");
    assertThat(messages.getLast())
        .contains("192.0.2.1", IPS, "vip-manager", "thresher.dev/placement=host");
    assertThat(condition()).startsWith("False AddressNotHeld");
    reconcile();
    assertThat(events).hasSize(2);

    answer("192.0.2.1");
    reconcile();
    assertThat(condition()).startsWith("True Ensured");
    assertThat(events).last().isEqualTo("EnsuredLoadBalancer");
    assertThat(balancers()).hasSize(1);

    // The VIP manager goes away in order.
    answer();
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Verdict.ANSWER_PATIENCE));
    timeline.advance(Verdict.ANSWER_PATIENCE);
    reconcile();
    assertThat(events).last().isEqualTo("AddressNotHeld");
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(statusAddress()).isEqualTo("192.0.2.1");

    // A new process knows by the condition that the time is over.
    guest.forgetCalls();
    restart();
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void bothFamiliesOnAGuestNode() {
    put(s -> s.getSpec().ipFamilies(List.of("IPv4", "IPv6")).ipFamilyPolicy("PreferDualStack"));
    reconcile();
    allocate("192.0.2.1", "2001:db8::1");
    reconcile();
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1,2001:db8::1");
    answer("192.0.2.1", "2001:db8::1");
    reconcile();
    assertThat(statusAddress()).isEqualTo("192.0.2.1");
  }

  @Test
  void anAddressOnAHostNodeFromEndToEnd() {
    put(annotated("thresher.dev/placement", "host"));
    reconcile();
    assertThat(annotation("kube-vip.io/ignore")).isEqualTo("true");
    allocate("192.0.2.1", "2001:db8::1");
    reconcile();
    assertThat(ingress()).isEmpty();
    assertThat(annotation(IPS)).isEmpty();

    announce("2001:db8::1", "192.0.2.1");
    reconcile();
    assertThat(ingress()).containsExactly("192.0.2.1", "2001:db8::1");
    assertThat(events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
    assertThat(texts(host.calls())).hasSize(1);

    host.forgetCalls();
    guest.forgetCalls();
    restart();
    reconcile();
    assertThat(host.calls()).isEmpty();
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void followsNodePortsOnTheHost() {
    placement = Placement.HOST;
    restart();
    put(s -> {});
    reconcile();
    V1Service service = service();
    service.getSpec().getPorts().getFirst().nodePort(31080);
    guestStore.put(CoreTypes.SERVICE, service);
    reconcile();
    assertThat(
            balancer()
                .getAsJsonObject("spec")
                .getAsJsonArray("listeners")
                .get(0)
                .getAsJsonObject()
                .get("backendPort")
                .getAsInt())
        .isEqualTo(31080);
  }

  @Test
  void deletesByUidAndWaitsUntilItIsGone() {
    put(s -> {});
    reconcile();
    change(balancer -> {
      JsonArray finalizers = new JsonArray();
      finalizers.add("wrangler.cattle.io/harvester-lb-controller");
      balancer.getAsJsonObject("metadata").add("finalizers", finalizers);
    });
    delete();
    assertThat(reconciler.reconcile(WEB)).isInstanceOf(Result.After.class);
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isPresent();

    hostStore.drop(LoadBalancerTypes.LOAD_BALANCER, balancers().getFirst());
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(events)
        .containsExactly("EnsuringLoadBalancer", "DeletingLoadBalancer", "DeletedLoadBalancer");
  }

  @Test
  void deletesWhatTheCacheHasNotHeardOf() {
    put(s -> {});
    FakeInformers stale = new FakeInformers(hostStore, timeline);
    reconciler = process(stale);
    stale.start();
    stale.pause();
    reconcile();
    assertThat(balancers()).hasSize(1);
    delete();
    reconcile();
    assertThat(balancers()).isEmpty();
    reconcile();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @Test
  void takesAwayWhatWouldMisleadWhenTheTypeChanges() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    reconcile();
    answer("192.0.2.1");
    V1Service service = service();
    service.getSpec().type("ClusterIP");
    guestStore.put(CoreTypes.SERVICE, service);
    reconcile();
    reconcile();
    assertThat(balancers()).isEmpty();
    assertThat(annotation(IPS)).isEmpty();
    assertThat(ingress()).isEmpty();
    assertThat(service().getMetadata().getFinalizers()).isNullOrEmpty();
  }

  @Test
  void adoptsAnObjectOfHarvesterWithoutRecordedNetwork() {
    V1Service service = put(annotated("cloudprovider.harvesterhci.io/network", "default/vlan1"));
    String name = LoadBalancerName.of("gc1", "default", "web", service.getMetadata().getUid());
    hostStore.put(
        LoadBalancerTypes.LOAD_BALANCER,
        JsonParser.parseString(
                """
                {"metadata": {"name": "%s", "namespace": "vms", "uid": "old",
                  "labels": {
                    "cloudprovider.harvesterhci.io/cluster": "gc1",
                    "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                    "cloudprovider.harvesterhci.io/serviceName": "web"},
                  "annotations": {"loadbalancer.harvesterhci.io/network": "mgmt/net"}},
                 "spec": {"ipam": "pool", "workloadType": "cluster", "future": 1},
                 "status": {"address": "192.0.2.1", "allocatedAddress": {"ip": "192.0.2.1"}}}
                """
                    .formatted(name))
            .getAsJsonObject());
    reconcile();
    assertThat(balancers()).containsExactly(ObjectKey.of("vms", name));
    JsonObject annotations = balancer().getAsJsonObject("metadata").getAsJsonObject("annotations");
    assertThat(annotations.get("cloudprovider.harvesterhci.io/lb-network").getAsString())
        .isEqualTo("default/vlan1");
    assertThat(balancer().getAsJsonObject("metadata").get("uid").getAsString()).isEqualTo("old");
    assertThat(balancer().getAsJsonObject("spec").get("future").getAsInt()).isEqualTo(1);
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
  }

  @Test
  void keepsNetworkPlacementAndIpamOnceMade() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    reconcile();
    for (String[] change :
        new String[][] {
          {"cloudprovider.harvesterhci.io/ipam", "dhcp"},
          {"cloudprovider.harvesterhci.io/network", "default/vlan1"},
          {"thresher.dev/placement", "host"}
        }) {
      events.clear();
      V1Service service = service();
      service.getMetadata().setAnnotations(new HashMap<>(Map.of(change[0], change[1])));
      guestStore.put(CoreTypes.SERVICE, service);
      JsonObject before = balancer().getAsJsonObject("spec");
      reconcile();
      assertThat(balancer().getAsJsonObject("spec")).isEqualTo(before);
      assertThat(events).containsExactly("FrozenAfterCreation");
      assertThat(messages.getLast()).contains(change[0], change[1]);
      assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    }
  }

  @Test
  void aFlagMovesNoServiceThatHasAnAddress() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    placement = Placement.HOST;
    restart();
    reconcile();
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(annotation("kube-vip.io/ignore")).isEmpty();
    assertThat(events).doesNotContain("FrozenAfterCreation");
  }

  @Test
  void tellsWhenTheHostDroppedThePlacement() {
    hostStore.onCreate(object -> {
      if (object.has("spec")) {
        object.getAsJsonObject("spec").remove("placement");
      }
    });
    put(annotated("thresher.dev/placement", "host"));
    reconcile();
    reconcile();
    assertThat(events).containsExactly("EnsuringLoadBalancer", "HostDoesNotKnowPlacement");
    assertThat(texts(host.calls())).hasSize(1);
    assertThat(annotation(IPS)).isEmpty();
  }

  @Test
  void refusesToPlaceOnTheHostWhatWouldNotHold() {
    placement = Placement.HOST;
    restart();
    put(s -> s.getSpec().getPorts().getFirst().nodePort(null));
    reconcile();
    assertThat(balancers()).isEmpty();
    assertThat(events).endsWith("NodePortMissing");
    assertThat(messages).last().asString().contains("allocateLoadBalancerNodePorts");
  }

  @Test
  void handsOnWhatADhcpServerGaveTheHost() {
    placement = Placement.HOST;
    restart();
    put(annotated("cloudprovider.harvesterhci.io/ipam", "dhcp"));
    reconcile();
    assertThat(balancer().getAsJsonObject("spec").get("ipam").getAsString()).isEqualTo("dhcp");
    allocate("0.0.0.0");
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Verdict.ANSWER_PATIENCE));
    assertThat(ingress()).isEmpty();
    assertThat(annotation(IPS)).isEmpty();

    announce("198.51.100.7");
    reconcile();
    assertThat(ingress()).containsExactly("198.51.100.7");
    assertThat(annotation(IPS)).isEmpty();
    assertThat(events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
  }

  @Test
  void tellsThatTheHostHidesTheClient() {
    put(s -> {
      annotated("thresher.dev/placement", "host").accept(s);
      s.getSpec().externalTrafficPolicy("Local").healthCheckNodePort(32000);
    });
    reconcile();
    reconcile();
    assertThat(events).containsExactly("EnsuringLoadBalancer", "ClientAddressNotPreserved");
    assertThat(balancer().getAsJsonObject("spec").getAsJsonObject("healthCheck").get("port"))
        .isEqualTo(new JsonPrimitive(32000));
    allocate("192.0.2.1");
    announce("192.0.2.1");
    reconcile();
    assertThat(ingress()).containsExactly("192.0.2.1");
  }

  @Test
  void saysThatTheNetworkOfAnAddressOnTheHostIsNotThatOfTheBackEnds() {
    networks =
        new NodeNetworks() {
          @Override
          public Cards on(String network) {
            return new Cards.Same("eth1");
          }

          @Override
          public Set<String> addressesOn(String network) {
            return Set.of("172.16.0.1");
          }

          @Override
          public void onChange(Runnable listener) {
            // Nothing changes.
          }
        };
    restart();
    put(s -> {
      annotated("thresher.dev/placement", "host").accept(s);
      annotated("cloudprovider.harvesterhci.io/network", "default/vlan2").accept(s);
    });
    reconcile();
    assertThat(balancers()).hasSize(1);
    assertThat(TwoClusters.annotation(balancer(), "thresher.dev/backend-addresses"))
        .doesNotContain("172.16.0.1");
    assertThat(events).contains("NetworkNotUsed");
    assertThat(messages).anySatisfy(m -> assertThat(m).contains("default/vlan2", "172.16.0.1"));
  }

  @Test
  void namesTheCardWithTheAddressAndFollowsIt() {
    Map<String, Cards> known = new HashMap<>();
    List<Runnable> listeners = new ArrayList<>();
    networks =
        new NodeNetworks() {
          @Override
          public Cards on(String network) {
            return known.getOrDefault(network, new Cards.Absent(List.of("default/mgmt")));
          }

          @Override
          public Set<String> addressesOn(String network) {
            return Set.of("172.16.0.1");
          }

          @Override
          public void onChange(Runnable listener) {
            listeners.add(listener);
          }
        };
    restart();
    put(annotated("cloudprovider.harvesterhci.io/network", "default/vlan1"));
    reconcile();
    assertThat(balancers()).isEmpty();
    assertThat(events).endsWith("NetworkUnknown");
    assertThat(messages.getLast()).contains("default/vlan1", "default/mgmt");

    known.put("default/vlan1", new Cards.Same("enp2s0"));
    woken.clear();
    listeners.forEach(Runnable::run);
    assertThat(woken).containsExactly(WEB);
    reconcile();
    allocate("192.0.2.1");
    guest.forgetCalls();
    reconcile();
    assertThat(annotation("kube-vip.io/serviceInterface")).isEqualTo("enp2s0");
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(texts(guest.writes())).containsOnlyOnce("patch services default/web");

    // A machine that lacks the card takes nothing away from a Service that works.
    known.put(
        "default/vlan1",
        new Cards.Different(new TreeMap<>(Map.of("n1", "enp2s0", "n2", "eth1")), List.of("n3")));
    reconcile();
    assertThat(annotation("kube-vip.io/serviceInterface")).isEqualTo("enp2s0");
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(events).endsWith("NetworkNotOnAllNodes");
    assertThat(messages.getLast()).contains("n3", "eth1");
    known.clear();
    reconcile();
    assertThat(annotation("kube-vip.io/serviceInterface")).isEqualTo("enp2s0");
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
  }

  @Test
  void leavesACardThatSomebodyNamed() {
    put(annotated("kube-vip.io/serviceInterface", "eth7"));
    reconcile();
    allocate("192.0.2.1");
    reconcile();
    assertThat(annotation("kube-vip.io/serviceInterface")).isEqualTo("eth7");
  }

  @Test
  void asksForAPoolAndKeepsItOnceThereIsAnAddress() {
    put(annotated("thresher.dev/pool", "wrong"));
    reconcile();
    put(annotated("thresher.dev/pool", "right,right6"));
    JsonObject spec = balancer().getAsJsonObject("spec");
    assertThat(spec.get("ipPool").getAsString()).isEqualTo("wrong");
    reconcile();
    spec = balancer().getAsJsonObject("spec");
    assertThat(spec.get("ipPool").getAsString()).isEqualTo("right");
    assertThat(spec.get("ipv6Pool").getAsString()).isEqualTo("right6");

    allocate("192.0.2.1");
    V1Service service = service();
    service.getMetadata().putAnnotationsItem("thresher.dev/pool", "other");
    guestStore.put(CoreTypes.SERVICE, service);
    reconcile();
    assertThat(balancer().getAsJsonObject("spec")).isEqualTo(spec);
    assertThat(events).contains("FrozenAfterCreation");
    assertThat(messages).anySatisfy(m -> assertThat(m).contains("other", "right,right6"));
  }

  @Test
  void asksForThePoolsWithCertainLabelsAndKeepsThemOnceThereIsAnAddress() {
    put(annotated("thresher.dev/pool", "wrong"));
    reconcile();
    put(annotated("thresher.dev/pool-selector", "tier in (gold,silver)"));
    reconcile();
    assertThat(balancer().getAsJsonObject("spec").has("ipPool")).isFalse();
    assertThat(asksForLabels()).isEqualTo("tier in (gold,silver)");

    allocate("192.0.2.1");
    put(annotated("thresher.dev/pool-selector", "tier=iron"));
    reconcile();
    assertThat(asksForLabels()).isEqualTo("tier in (gold,silver)");
    assertThat(events).contains("FrozenAfterCreation");
    assertThat(messages).anySatisfy(m -> assertThat(m).contains("tier=iron", "tier in (gold,"));
  }

  private String asksForLabels() {
    return TwoClusters.annotation(balancer(), "thresher.dev/pool-selector");
  }

  @Test
  void threeCallsOnTheHostFromCreateToDelete() {
    put(s -> {});
    reconcile();
    change(
        balancer -> balancer.add("metadata", withFinalizer(balancer.getAsJsonObject("metadata"))));
    allocate("192.0.2.1");
    reconcile();
    answer("192.0.2.1");
    reconcile();
    delete();
    reconcile();
    reconcile();
    hostStore.drop(LoadBalancerTypes.LOAD_BALANCER, balancers().getFirst());
    reconcile();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(host.calls().stream().map(FakeCall::verb))
        .containsExactly("create", "update", "delete");
  }

  private static JsonObject withFinalizer(JsonObject meta) {
    JsonArray finalizers = new JsonArray();
    finalizers.add("wrangler.cattle.io/harvester-lb-controller");
    meta.add("finalizers", finalizers);
    return meta;
  }

  @Test
  void asksOnceForADeletionThatItsCacheHasNotHeardOf() {
    put(s -> {});
    FakeInformers hosts = new FakeInformers(hostStore, timeline);
    reconciler = process(hosts);
    hosts.start();
    reconcile();
    change(
        balancer -> balancer.add("metadata", withFinalizer(balancer.getAsJsonObject("metadata"))));
    hosts.pause();
    delete();
    reconcile();
    reconcile();
    assertThat(host.calls().stream().map(FakeCall::verb)).containsExactly("create", "delete");
    hosts.resume();
    hostStore.drop(LoadBalancerTypes.LOAD_BALANCER, balancers().getFirst());
    reconcile();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
    assertThat(host.calls().stream().map(FakeCall::verb)).containsExactly("create", "delete");
  }

  @Test
  void recordsWhichGuestMadeIt() {
    V1Service kubernetes =
        guestStore.put(
            CoreTypes.SERVICE,
            new V1Service()
                .metadata(new V1ObjectMeta().name("kubernetes").namespace("default"))
                .spec(new V1ServiceSpec().type("ClusterIP")));
    put(s -> {});
    reconcile();
    assertThat(
            balancer()
                .getAsJsonObject("metadata")
                .getAsJsonObject("annotations")
                .get("thresher.dev/guest-cluster-uid")
                .getAsString())
        .isEqualTo(kubernetes.getMetadata().getUid());
  }

  @Test
  void adoptsWhatWasMadeUnderAnotherClusterName() {
    V1Service service = put(s -> {});
    String uid = service.getMetadata().getUid();
    String name = LoadBalancerName.of("kubernetes", "default", "web", uid);
    hostStore.put(
        LoadBalancerTypes.LOAD_BALANCER,
        JsonParser.parseString(
                """
                {"metadata": {"name": "%s", "namespace": "vms",
                  "labels": {
                    "cloudprovider.harvesterhci.io/cluster": "kubernetes",
                    "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                    "cloudprovider.harvesterhci.io/serviceName": "web"}},
                 "spec": {"ipam": "pool", "workloadType": "cluster"},
                 "status": {"address": "192.0.2.1", "allocatedAddress": {"ip": "192.0.2.1"}}}
                """
                    .formatted(name))
            .getAsJsonObject());
    reconcile();
    assertThat(balancers()).containsExactly(ObjectKey.of("vms", name));
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(
            balancer()
                .getAsJsonObject("metadata")
                .getAsJsonObject("labels")
                .get("cloudprovider.harvesterhci.io/cluster")
                .getAsString())
        .isEqualTo("gc1");
    delete();
    reconcile();
    reconcile();
    assertThat(balancers()).isEmpty();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @Test
  void refusesABadAnnotationAndKeepsWhatIsThere() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    reconcile();
    V1Service service = service();
    service.getMetadata().putAnnotationsItem("cloudprovider.harvesterhci.io/ipam", "static");
    guestStore.put(CoreTypes.SERVICE, service);
    reconcile();
    assertThat(events).endsWith("AnnotationInvalid");
    assertThat(balancers()).hasSize(1);
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
  }

  @Test
  void tellsTheHostsReasonAndDeletesNothing() {
    put(s -> {});
    reconcile();
    change(balancer ->
        balancer.add(
            "status",
            JsonParser.parseString(
                """
                {"conditions": [
                  {"type": "Ready", "status": "False", "message": "pool p is exhausted"}]}
                """)));
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(events).endsWith("SyncLoadBalancerFailed");
    assertThat(messages.getLast()).contains("pool p is exhausted");
    assertThat(balancers()).hasSize(1);
    allocate("192.0.2.1");
    reconcile();
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
  }

  @Test
  void tellsTheHostsReasonWhenNobodyAnswersForAWhile() {
    put(annotated("thresher.dev/placement", "host"));
    reconcile();
    allocate("192.0.2.1");
    change(balancer ->
        balancer
            .getAsJsonObject("status")
            .add(
                "conditions",
                JsonParser.parseString(
                    """
                    [{"type": "Ready", "status": "False", "message": "no holder"}]
                    """)));
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Verdict.ANSWER_PATIENCE));
    assertThat(events).containsExactly("EnsuringLoadBalancer");

    timeline.advance(Verdict.ANSWER_PATIENCE);
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(events).endsWith("SyncLoadBalancerFailed");
    assertThat(messages.getLast()).contains("no holder");

    announce("192.0.2.1");
    reconcile();
    assertThat(ingress()).containsExactly("192.0.2.1");
    assertThat(events).endsWith("EnsuredLoadBalancer");
  }

  private String condition() {
    var status = service().getStatus();
    return status == null || status.getConditions() == null
        ? ""
        : status.getConditions().getFirst().getStatus()
            + " "
            + status.getConditions().getFirst().getReason();
  }

  /// The host's controller says why it is not ready, or that it is.
  private void ready(String status, String reason, String message) {
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

  @Test
  void showsTheHostsReasonInEventAndConditionUntilItIsOver() {
    put(s -> {});
    reconcile();
    ready("False", "PoolExhausted", "pool p: all addresses are taken");
    reconcile();
    assertThat(events).endsWith("PoolExhausted");
    assertThat(messages.getLast()).contains("LoadBalancer ", "pool p: all addresses are taken");
    assertThat(condition()).isEqualTo("False PoolExhausted");

    allocate("192.0.2.1");
    ready("True", "AddressAllocated", "");
    reconcile();
    assertThat(condition()).isEqualTo("False Pending");
    answer("192.0.2.1");
    reconcile();
    assertThat(condition()).isEqualTo("True Ensured");
  }

  @Test
  void showsWhatTheHostSaysOfAnAddressThatIsAnswered() {
    put(annotated("thresher.dev/placement", "host"));
    reconcile();
    allocate("192.0.2.1");
    announce("192.0.2.1");
    ready("False", "NoReadyBackend", "no back end takes part");
    reconcile();
    assertThat(ingress()).containsExactly("192.0.2.1");
    assertThat(events).contains("NoReadyBackend", "EnsuredLoadBalancer");
    assertThat(condition()).isEqualTo("False NoReadyBackend");
    ready("True", "Answering", "");
    reconcile();
    assertThat(condition()).isEqualTo("True Ensured");
  }

  @Test
  void onlyTheAddressesOfAStatusMatter() {
    put(s -> {});
    reconcile();
    V1Service before = service();
    ready("False", "PoolExhausted", "pool p: all addresses are taken");
    reconcile();
    V1Service told = service();
    assertThat(told.getStatus().getConditions()).hasSize(1);
    // What this program writes there itself must not wake it up.
    assertThat(concerns(before, told)).isFalse();
    answer("192.0.2.1");
    assertThat(concerns(told, service())).isTrue();
  }

  private boolean concerns(V1Service before, V1Service after) {
    FakeInformers none = new FakeInformers(new FakeStore(), timeline);
    return new HarvesterLoadBalancers(
            new LoadBalancerSettings("vms", "", placement),
            host,
            none.informer(ReadBalancer.TYPE, Scope.namespace("vms")),
            none.informer(CoreTypes.SERVICE, Scope.ALL),
            networks,
            timeline)
        .concerns(before, after);
  }

  @Test
  void saysSoWhenTheHostSaysNothing() {
    put(s -> {});
    reconcile();
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Verdict.ANSWER_PATIENCE));
    timeline.advance(Verdict.ANSWER_PATIENCE);
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.done());
    assertThat(events).endsWith("HostIsSilent");
    assertThat(condition()).isEqualTo("False HostIsSilent");
    allocate("192.0.2.1");
    reconcile();
    answer("192.0.2.1");
    reconcile();
    assertThat(condition()).isEqualTo("True Ensured");
  }

  private static V1ServicePort port(String name, int number, String protocol, int nodePort) {
    return new V1ServicePort().name(name).port(number).protocol(protocol).nodePort(nodePort);
  }

  @Test
  void nothingIsHalfMadeOfAProtocolThatTheHostRefuses() {
    placement = Placement.HOST;
    restart();
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    announce("192.0.2.1");
    reconcile();
    JsonObject before = balancer();
    V1Service service = service();
    service.getSpec().addPortsItem(port("sig", 36412, "SCTP", 30412));
    guestStore.put(CoreTypes.SERVICE, service);
    host.failNext("update", LoadBalancerTypes.LOAD_BALANCER, Reason.INVALID);
    assertThatThrownBy(this::reconcile).isInstanceOf(KubeApiException.class);
    assertThat(balancer()).isEqualTo(before);
    assertThat(ingress()).containsExactly("192.0.2.1");
    assertThat(events).endsWith("SyncLoadBalancerFailed");
    assertThat(condition()).isEqualTo("False SyncLoadBalancerFailed");
    delete();
    reconcile();
    reconcile();
    assertThat(balancers()).isEmpty();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();

    // Refused from the beginning: no object, and deletion works.
    put(s -> s.getSpec().ports(List.of(port("sig", 36412, "SCTP", 30412))));
    host.failNext("create", LoadBalancerTypes.LOAD_BALANCER, Reason.INVALID);
    assertThatThrownBy(this::reconcile).isInstanceOf(KubeApiException.class);
    assertThat(balancers()).isEmpty();
    assertThat(condition()).isEqualTo("False SyncLoadBalancerFailed");
    delete();
    reconcile();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @Test
  void copiesNoAddressThatWasNotReserved() {
    put(s -> {});
    reconcile();
    answer("203.0.113.9");
    allocate("192.0.2.1");
    reconcile();
    assertThat(statusAddress()).isEmpty();
  }

  @Test
  void copiesWhateverDhcpGave() {
    put(annotated("cloudprovider.harvesterhci.io/ipam", "dhcp"));
    reconcile();
    allocate("0.0.0.0");
    reconcile();
    assertThat(annotation(IPS)).isEqualTo("0.0.0.0");
    answer("203.0.113.9");
    reconcile();
    assertThat(statusAddress()).isEqualTo("203.0.113.9");
  }

  @Test
  void writesAgainWhenTheHostWroteMeanwhile() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    reconcile();
    answer("192.0.2.1");
    host.failNext("update", LoadBalancerTypes.LOAD_BALANCER, Reason.CONFLICT);
    reconcile();
    assertThat(statusAddress()).isEqualTo("192.0.2.1");
  }

  @Test
  void goesOnWhenTheAnswerToItsCreateWasLost() {
    put(s -> {});
    reconcile();
    // The object is there; a process with a cache that does not show it yet creates again.
    FakeInformers empty = new FakeInformers(new FakeStore(), timeline);
    reconciler = process(empty);
    empty.start();
    allocate("192.0.2.1");
    reconcile();
    assertThat(balancers()).hasSize(1);
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
  }

  @Test
  void leavesNothingAndLosesNothingInACrashAtAnyWriteOnEitherSide() {
    for (int crashAt = 1; ; crashAt++) {
      guestStore.drop(CoreTypes.SERVICE, WEB);
      restart();
      put(s -> {});
      AtomicInteger left = new AtomicInteger(crashAt);
      var killed = new AtomicBoolean();
      for (FakeKubeApi api : List.of(guest, host)) {
        api.fault(call -> {
          if (call.isWrite() && left.decrementAndGet() == 0) {
            killed.set(true);
            return Optional.of(FakeKubeApi.exception(Reason.UNREACHABLE, "killed"));
          }
          return Optional.empty();
        });
      }
      step();
      allocate("192.0.2.1");
      step();
      answer("192.0.2.1");
      step();
      assertThat(balancers()).hasSize(1);
      assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
      assertThat(statusAddress()).isEqualTo("192.0.2.1");
      delete();
      step();
      step();
      assertThat(balancers()).isEmpty();
      assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
      if (!killed.get()) {
        assertThat(crashAt).isGreaterThan(5);
        return;
      }
    }
  }

  /// One look; if the process is killed in it, another process looks again.
  private void step() {
    try {
      reconcile();
    } catch (KubeApiException e) {
      restart();
      reconcile();
    }
  }
}
