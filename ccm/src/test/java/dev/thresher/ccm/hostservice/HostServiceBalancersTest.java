package dev.thresher.ccm.hostservice;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.ccm.controllers.service.NodeSet;
import dev.thresher.ccm.controllers.service.ServiceReconciler;
import dev.thresher.ccm.hostservice.Machines.Machine;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The driver under the real controller, with a fake API server on each side. The tests play
/// whoever gives addresses on the host.
class HostServiceBalancersTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final String UID = "0a1b2c3d-0000-4000-8000-123456789abc";
  private static final ObjectKey HOST_WEB = ObjectKey.of("vms", "a0a1b2c3d000040008000123456789ab");

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore guestStore = new FakeStore(timeline::now);
  private final FakeStore hostStore = new FakeStore(timeline::now);
  private final FakeKubeApi guest = new FakeKubeApi("guest", guestStore);
  private final FakeKubeApi host = new FakeKubeApi("host", hostStore);
  private final List<String> events = new ArrayList<>();
  private final EventRecorder recorder =
      (regarding, type, reason, message) -> events.add(reason + ": " + message);
  private final Set<ObjectKey> woken = new LinkedHashSet<>();
  private BackEndSource source = BackEndSource.SLICES;
  private FakeInformers hosts;
  private FakeInformers guests;
  private ServiceReconciler reconciler;

  @BeforeEach
  void start() {
    for (String name : List.of("n1", "n2")) {
      guestStore.put(CoreTypes.NODE, json("{\"metadata\": {\"name\": \"" + name + "\"}}"));
    }
    machine("n1", "10.0.0.1", "fd00::1", "h1");
    machine("n2", "10.0.0.2", "fd00::2", "h2");
    restart();
  }

  /// A new process on the same clusters.
  private void restart() {
    hosts = new FakeInformers(hostStore, timeline);
    guests = new FakeInformers(guestStore, timeline);
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
    var balancers =
        new HostServiceBalancers(
            new HostServiceSettings(
                "vms",
                source,
                Map.of("cluster.x-k8s.io/role", "worker"),
                Map.of("infra", "x"),
                List.of("metallb.io/", "kube-vip.io/"),
                Duration.ofSeconds(30)),
            host,
            hosts,
            guests,
            machines,
            timeline);
    balancers.onChange(woken::add);
    var services = guests.informer(CoreTypes.SERVICE, Scope.ALL);
    var nodes = guests.informer(CoreTypes.NODE, Scope.ALL);
    hosts.start();
    guests.start();
    reconciler =
        new ServiceReconciler(
            "gc1", balancers, services, () -> NodeSet.of(nodes.list()), guest, recorder);
    woken.clear();
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private void machine(String name, String ipv4, String ipv6, String hostNode) {
    hostStore.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
        json(
            """
            {"metadata": {"name": "%1$s", "namespace": "vms", "uid": "uid-%1$s"},
             "spec": {},
             "status": {"phase": "Running", "nodeName": "%4$s",
               "interfaces": [{"name": "default", "ipAddresses": ["%2$s", "%3$s"]}]}}
            """
                .formatted(name, ipv4, ipv6, hostNode)));
  }

  private void put(Consumer<JsonObject> change) {
    JsonObject service =
        json(
            """
            {"metadata": {"name": "web", "namespace": "default", "uid": "%s"},
             "spec": {"type": "LoadBalancer", "ipFamilies": ["IPv4"],
               "ipFamilyPolicy": "SingleStack", "externalTrafficPolicy": "Cluster",
               "ports": [{"name": "http", "port": 80, "protocol": "TCP", "nodePort": 30080}]}}
            """
                .formatted(UID));
    change.accept(service);
    guestStore.put(CoreTypes.SERVICE, service);
  }

  private void change(Consumer<JsonObject> change) {
    JsonObject service = guestStore.getJson(CoreTypes.SERVICE, WEB).orElseThrow();
    change.accept(service);
    guestStore.put(CoreTypes.SERVICE, service);
  }

  private static Consumer<JsonObject> spec(String text) {
    return service ->
        json(text)
            .entrySet()
            .forEach(e -> service.getAsJsonObject("spec").add(e.getKey(), e.getValue()));
  }

  private static Consumer<JsonObject> annotated(String key, String value) {
    return service -> {
      JsonObject meta = service.getAsJsonObject("metadata");
      if (!meta.has("annotations")) {
        meta.add("annotations", new JsonObject());
      }
      meta.getAsJsonObject("annotations").addProperty(key, value);
    };
  }

  private Result look() {
    woken.clear();
    return reconciler.reconcile(WEB);
  }

  /// Until nothing wakes the Service up any more.
  private void settle() {
    int looks = 0;
    do {
      look();
      timeline.advance(WakeUps.WINDOW);
      assertThat(++looks).as("looks until nothing changes").isLessThan(10);
    } while (woken.contains(WEB));
  }

  private void answer(String ingress) {
    JsonObject service = hostService();
    service.add("status", json("{\"loadBalancer\": {\"ingress\": " + ingress + "}}"));
    hostStore.put(CoreTypes.SERVICE, service);
  }

  private JsonObject hostService() {
    return hostStore.getJson(CoreTypes.SERVICE, HOST_WEB).orElseThrow();
  }

  private JsonObject hostSpec() {
    return hostService().getAsJsonObject("spec");
  }

  private V1Service service() {
    return guestStore.get(CoreTypes.SERVICE, WEB).orElseThrow();
  }

  private String ingress() {
    var status = service().getStatus();
    return status == null || status.getLoadBalancer() == null
        ? ""
        : String.valueOf(
            status.getLoadBalancer().getIngress().stream()
                .map(point -> point.getIp() + " " + point.getHostname() + " " + point.getIpMode())
                .toList());
  }

  private List<V1EndpointSlice> slices() {
    return hostStore.list(CoreTypes.ENDPOINT_SLICE);
  }

  /// `address@hostNode` of all endpoints that are ready.
  private List<String> ready() {
    return slices().stream()
        .flatMap(slice -> slice.getEndpoints().stream())
        .filter(endpoint -> Boolean.TRUE.equals(endpoint.getConditions().getReady()))
        .map(endpoint -> endpoint.getAddresses().getFirst() + "@" + endpoint.getNodeName())
        .toList();
  }

  @Test
  void makesServiceAndSlicesAndCopiesTheAddress() {
    put(_ -> {});
    settle();
    assertThat(hostSpec().get("type").getAsString()).isEqualTo("LoadBalancer");
    assertThat(hostSpec().has("selector")).isFalse();
    JsonObject port = hostSpec().getAsJsonArray("ports").get(0).getAsJsonObject();
    assertThat(port.get("port").getAsInt()).isEqualTo(80);
    assertThat(port.get("targetPort").getAsInt()).isEqualTo(30080);
    assertThat(hostService().getAsJsonObject("metadata").getAsJsonObject("labels").toString())
        .contains("\"cluster.x-k8s.io/tenant-service-name\":\"web\"")
        .contains("\"cluster.x-k8s.io/tenant-service-namespace\":\"default\"")
        .contains("\"cluster.x-k8s.io/cluster-name\":\"gc1\"")
        .contains("\"infra\":\"x\"");
    assertThat(ready()).containsExactly("10.0.0.1@h1", "10.0.0.2@h2");
    assertThat(ingress()).isEmpty();
    answer("[{\"ip\": \"192.0.2.7\"}]");
    assertThat(woken).contains(WEB);
    settle();
    assertThat(ingress()).isEqualTo("[192.0.2.7 null VIP]");
    assertThat(service().getMetadata().getAnnotations())
        .containsEntry("kube-vip.io/ignore", "true")
        .doesNotContainKey("kube-vip.io/loadbalancerIPs");
  }

  @Test
  void copiesAHostName() {
    put(_ -> {});
    settle();
    answer("[{\"hostname\": \"lb.example.org\"}]");
    settle();
    assertThat(ingress()).isEqualTo("[null lb.example.org null]");
  }

  @Test
  void costsNothingAtRest() {
    put(_ -> {});
    settle();
    answer("[{\"ip\": \"192.0.2.7\"}]");
    settle();
    host.forgetCalls();
    guest.forgetCalls();
    restart();
    look();
    look();
    assertThat(host.calls()).isEmpty();
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void makesOneSliceForEachFamily() {
    put(spec("{\"ipFamilies\": [\"IPv6\", \"IPv4\"], \"ipFamilyPolicy\": \"RequireDualStack\"}"));
    settle();
    assertThat(slices())
        .extracting(V1EndpointSlice::getAddressType)
        .containsExactlyInAnyOrder("IPv4", "IPv6");
    assertThat(ready())
        .containsExactlyInAnyOrder("10.0.0.1@h1", "10.0.0.2@h2", "fd00::1@h1", "fd00::2@h2");
    assertThat(hostSpec().getAsJsonArray("ipFamilies").toString()).isEqualTo("[\"IPv6\",\"IPv4\"]");
  }

  @Test
  void followsAMachineThatMoves() {
    put(_ -> {});
    settle();
    host.forgetCalls();
    machine("n2", "10.0.0.22", "fd00::22", "h1");
    timeline.advance(WakeUps.WINDOW);
    assertThat(woken).contains(WEB);
    settle();
    assertThat(ready()).containsExactly("10.0.0.1@h1", "10.0.0.22@h1");
    assertThat(host.writes()).as("one write, no empty moment").hasSize(1);
  }

  @Test
  void deletesInOrderAndLeavesNothing() {
    put(_ -> {});
    settle();
    host.forgetCalls();
    guest.delete(CoreTypes.SERVICE, WEB, Precondition.NONE);
    settle();
    assertThat(hostStore.list(CoreTypes.SERVICE)).isEmpty();
    assertThat(slices()).isEmpty();
    assertThat(host.writes())
        .extracting(FakeCall::resource)
        .containsExactly("services", "endpointslices.discovery.k8s.io");
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @Test
  void keepsTheGuestServiceUntilNobodyOnTheHostAnswers() {
    put(_ -> {});
    settle();
    JsonObject held = hostService();
    JsonArray finalizers = new JsonArray();
    finalizers.add("example.org/lb");
    held.getAsJsonObject("metadata").add("finalizers", finalizers);
    hostStore.put(CoreTypes.SERVICE, held);
    guest.delete(CoreTypes.SERVICE, WEB, Precondition.NONE);
    settle();
    assertThat(slices()).isNotEmpty();
    assertThat(service().getMetadata().getFinalizers()).isNotEmpty();
    hostStore.drop(CoreTypes.SERVICE, HOST_WEB);
    assertThat(woken).contains(WEB);
    settle();
    assertThat(slices()).isEmpty();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @Test
  void takesTheBalancerAwayWhenTheTypeChanges() {
    put(_ -> {});
    settle();
    answer("[{\"ip\": \"192.0.2.7\"}]");
    settle();
    change(spec("{\"type\": \"ClusterIP\"}"));
    settle();
    assertThat(hostStore.list(CoreTypes.SERVICE)).isEmpty();
    assertThat(service().getMetadata().getAnnotations()).isNullOrEmpty();
  }

  @Test
  void adoptsWhatTheGoProgramMade() {
    hostStore.put(
        CoreTypes.SERVICE,
        json(
            """
            {"metadata": {"name": "%s", "namespace": "vms",
               "labels": {"cluster.x-k8s.io/tenant-service-name": "web",
                 "cluster.x-k8s.io/tenant-service-namespace": "default",
                 "cluster.x-k8s.io/cluster-name": "old"}},
             "spec": {"type": "LoadBalancer", "selector": {"cluster.x-k8s.io/role": "worker"},
               "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
               "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 30080,
                 "nodePort": 31111}]},
             "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}]}}}
            """
                .formatted(HOST_WEB.name())));
    hostStore.put(
        CoreTypes.ENDPOINT_SLICE,
        json(
            """
            {"metadata": {"name": "of-selector", "namespace": "vms",
               "labels": {"kubernetes.io/service-name": "%s",
                 "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}},
             "addressType": "IPv4", "endpoints": []}
            """
                .formatted(HOST_WEB.name())));
    put(_ -> {});
    settle();
    assertThat(hostStore.list(CoreTypes.SERVICE)).hasSize(1);
    assertThat(hostSpec().has("selector")).isFalse();
    assertThat(hostService().toString())
        .contains("\"thresher.dev/service-uid\":\"" + UID + "\"")
        .contains("\"cluster.x-k8s.io/cluster-name\":\"gc1\"")
        .contains("\"nodePort\":31111");
    assertThat(slices())
        .extracting(slice -> slice.getMetadata().getName())
        .containsExactly(HOST_WEB.name() + "-ipv4");
    assertThat(ingress()).isEqualTo("[192.0.2.9 null VIP]");
  }

  @Test
  void takesOverTheSlicesOfTheGoProgramUnderTheirNames() {
    put(_ -> {});
    hostStore.put(
        CoreTypes.ENDPOINT_SLICE,
        json(
            """
            {"metadata": {"name": "go-made", "namespace": "vms",
               "labels": {"kubernetes.io/service-name": "%s",
                 "endpointslice.kubernetes.io/managed-by": "kubevirt-eps-controller"}},
             "addressType": "IPv4", "endpoints": [{"addresses": ["10.9.9.9"]}]}
            """
                .formatted(HOST_WEB.name())));
    settle();
    assertThat(slices())
        .extracting(slice -> slice.getMetadata().getName())
        .containsExactly("go-made");
    assertThat(ready()).containsExactly("10.0.0.1@h1", "10.0.0.2@h2");
  }

  @Test
  void leavesAStrangersServiceAlone() {
    hostStore.put(
        CoreTypes.SERVICE,
        json(
            "{\"metadata\": {\"name\": \""
                + HOST_WEB.name()
                + "\", \"namespace\": \"vms\", \"annotations\": {\"thresher.dev/service-uid\": \"other\"}},"
                + " \"spec\": {\"type\": \"ClusterIP\"}}"));
    put(_ -> {});
    settle();
    assertThat(events).anyMatch(event -> event.startsWith("LoadBalancerNameTaken"));
    assertThat(hostSpec().get("type").getAsString()).isEqualTo("ClusterIP");
    guest.delete(CoreTypes.SERVICE, WEB, Precondition.NONE);
    settle();
    assertThat(hostStore.get(CoreTypes.SERVICE, HOST_WEB)).isPresent();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "type",
        "ports",
        "selector",
        "labels",
        "uid",
        "owners",
        "endpoints",
        "sliceLabels"
      })
  void healsAForeignEdit(String what) {
    put(_ -> {});
    settle();
    JsonObject before = hostService();
    JsonObject edited = hostService();
    JsonObject slice =
        hostStore
            .getJson(CoreTypes.ENDPOINT_SLICE, ObjectKey.of(slices().getFirst()))
            .orElseThrow();
    switch (what) {
      case "type" -> edited.getAsJsonObject("spec").addProperty("type", "ClusterIP");
      case "ports" ->
          edited
              .getAsJsonObject("spec")
              .getAsJsonArray("ports")
              .get(0)
              .getAsJsonObject()
              .addProperty("targetPort", 1);
      case "selector" -> edited.getAsJsonObject("spec").add("selector", json("{\"a\": \"b\"}"));
      case "labels" -> edited.getAsJsonObject("metadata").remove("labels");
      case "uid" -> edited.getAsJsonObject("metadata").remove("annotations");
      case "owners" -> slice.getAsJsonObject("metadata").remove("ownerReferences");
      case "endpoints" -> slice.add("endpoints", new JsonArray());
      default -> slice.getAsJsonObject("metadata").remove("labels");
    }
    if (edited.equals(before)) {
      hostStore.put(CoreTypes.ENDPOINT_SLICE, slice);
    } else {
      hostStore.put(CoreTypes.SERVICE, edited);
    }
    assertThat(woken).contains(WEB);
    settle();
    assertThat(hostService().get("spec")).isEqualTo(before.get("spec"));
    assertThat(hostService().getAsJsonObject("metadata").get("labels"))
        .isEqualTo(before.getAsJsonObject("metadata").get("labels"));
    assertThat(hostService().getAsJsonObject("metadata").get("annotations"))
        .isEqualTo(before.getAsJsonObject("metadata").get("annotations"));
    assertThat(ready()).containsExactly("10.0.0.1@h1", "10.0.0.2@h2");
    assertThat(slices().getFirst().getMetadata().getOwnerReferences()).hasSize(1);
  }

  @Test
  void makesItAgainWhenSomebodyDeletedItOnTheHost() {
    put(_ -> {});
    settle();
    host.delete(CoreTypes.SERVICE, HOST_WEB, Precondition.NONE);
    assertThat(woken).contains(WEB);
    settle();
    assertThat(hostService()).isNotNull();
    assertThat(ready()).hasSize(2);
    assertThat(slices().getFirst().getMetadata().getOwnerReferences())
        .anySatisfy(owner ->
            assertThat(owner.getUid())
                .isEqualTo(
                    hostStore
                        .get(CoreTypes.SERVICE, HOST_WEB)
                        .orElseThrow()
                        .getMetadata()
                        .getUid()));
  }

  @Test
  void deletesNothingWhenTheHostFails() {
    put(_ -> {});
    settle();
    answer("[{\"ip\": \"192.0.2.7\"}]");
    settle();
    host.failAll(Reason.SERVER_ERROR);
    change(spec("{\"ports\": [{\"name\": \"http\", \"port\": 81, \"nodePort\": 30081}]}"));
    org.assertj.core.api.Assertions.assertThatThrownBy(this::look)
        .hasMessageContaining("endpointslices");
    host.noFaults();
    settle();
    assertThat(ingress()).isEqualTo("[192.0.2.7 null VIP]");
    assertThat(hostSpec().getAsJsonArray("ports").get(0).getAsJsonObject().get("port").getAsInt())
        .isEqualTo(81);
  }

  @Test
  void keepsTheGuestsAddressWhenTheHostsVanishes() {
    put(_ -> {});
    settle();
    answer("[{\"ip\": \"192.0.2.7\"}]");
    settle();
    answer("[]");
    settle();
    assertThat(ingress()).isEqualTo("[192.0.2.7 null VIP]");
  }

  @Test
  void tellsTheOwnerWhenNobodyGivesAnAddress() {
    put(_ -> {});
    settle();
    assertThat(events).noneMatch(event -> event.startsWith("NoAddressOnHost"));
    timeline.advance(Duration.ofSeconds(31));
    look();
    look();
    assertThat(events).filteredOn(event -> event.startsWith("NoAddressOnHost")).hasSize(1);
  }

  @Test
  void withPolicyLocalOnlyMachinesWithAPodTakePart() {
    put(spec("{\"externalTrafficPolicy\": \"Local\"}"));
    settle();
    assertThat(ready()).isEmpty();
    guestSlice("n2", "true", "true", "false");
    assertThat(woken).contains(WEB);
    settle();
    assertThat(ready()).containsExactly("10.0.0.2@h2");
    assertThat(hostSpec().get("externalTrafficPolicy").getAsString()).isEqualTo("Local");
    guestSlice("n2", "false", "true", "true");
    settle();
    assertThat(slices().getFirst().getEndpoints().getFirst().getConditions())
        .satisfies(conditions -> {
          assertThat(conditions.getReady()).isFalse();
          assertThat(conditions.getServing()).isTrue();
          assertThat(conditions.getTerminating()).isTrue();
        });
  }

  private void guestSlice(String node, String ready, String serving, String terminating) {
    guestStore.put(
        CoreTypes.ENDPOINT_SLICE,
        json(
            """
            {"metadata": {"name": "web-1", "namespace": "default",
               "labels": {"kubernetes.io/service-name": "web"}},
             "addressType": "IPv4",
             "endpoints": [{"addresses": ["10.42.0.1"], "nodeName": "%s",
               "conditions": {"ready": %s, "serving": %s, "terminating": %s}}]}
            """
                .formatted(node, ready, serving, terminating)));
  }

  @ParameterizedTest
  @EnumSource(BackEndSource.class)
  void leavesTheBackEndsToWhomTheyAreFor(BackEndSource of) {
    source = of;
    restart();
    put(_ -> {});
    settle();
    switch (of) {
      case SLICES -> {
        assertThat(hostSpec().has("selector")).isFalse();
        assertThat(slices()).hasSize(1);
      }
      case SELECTOR, SELECTOR_UNLESS_LOCAL -> {
        assertThat(hostSpec().get("selector"))
            .isEqualTo(json("{\"cluster.x-k8s.io/role\": \"worker\"}"));
        assertThat(slices()).isEmpty();
      }
      case NONE -> {
        assertThat(hostSpec().has("selector")).isFalse();
        assertThat(slices()).isEmpty();
      }
    }
  }

  @Test
  void changesFromSelectorToSlicesWithoutAGap() {
    source = BackEndSource.SELECTOR_UNLESS_LOCAL;
    restart();
    put(_ -> {});
    settle();
    guestSlice("n1", "true", "true", "false");
    change(spec("{\"externalTrafficPolicy\": \"Local\"}"));
    host.forgetCalls();
    settle();
    assertThat(host.writes())
        .extracting(FakeCall::resource)
        .containsExactly("endpointslices.discovery.k8s.io", "services");
    assertThat(ready()).containsExactly("10.0.0.1@h1");
    assertThat(hostSpec().has("selector")).isFalse();
  }

  @Test
  void handsAnnotationsOnAndTakesThemBack() {
    put(annotated("metallb.io/address-pool", "p1"));
    change(annotated("secret.example.org/x", "y"));
    settle();
    JsonObject handed = hostService().getAsJsonObject("metadata").getAsJsonObject("annotations");
    assertThat(handed.get("metallb.io/address-pool").getAsString()).isEqualTo("p1");
    assertThat(handed.has("secret.example.org/x")).isFalse();
    assertThat(handed.has("kube-vip.io/ignore")).as("it is about the guest's object").isFalse();
    JsonObject byHost = hostService();
    annotated("metallb.io/ip-allocated-from-pool", "p1").accept(byHost);
    hostStore.put(CoreTypes.SERVICE, byHost);
    change(service ->
        service
            .getAsJsonObject("metadata")
            .getAsJsonObject("annotations")
            .remove("metallb.io/address-pool"));
    settle();
    JsonObject now = hostService().getAsJsonObject("metadata").getAsJsonObject("annotations");
    assertThat(now.has("metallb.io/address-pool")).isFalse();
    assertThat(now.has("metallb.io/ip-allocated-from-pool")).isTrue();
  }

  @Test
  void refusesAPortWithoutNodePort() {
    put(spec("{\"ports\": [{\"port\": 80}]}"));
    settle();
    assertThat(events).anyMatch(event -> event.startsWith("NodePortMissing"));
    assertThat(hostStore.list(CoreTypes.SERVICE)).isEmpty();
  }

  @Test
  void doesNotHandOnExternalIps() {
    put(spec("{\"externalIPs\": [\"10.0.0.1\"]}"));
    settle();
    assertThat(events).anyMatch(event -> event.startsWith("ExternalIPsNotHandedOn"));
    assertThat(hostSpec().has("externalIPs")).isFalse();
  }

  @Test
  void twoClustersWithServicesOfOneNameDoNotMeet() {
    put(_ -> {});
    settle();
    woken.clear();
    JsonObject other = hostService();
    other.getAsJsonObject("metadata").addProperty("name", "afeedfeed");
    other.getAsJsonObject("metadata").remove("uid");
    hostStore.put(CoreTypes.SERVICE, other);
    assertThat(woken).isEmpty();
  }

  @Test
  void findsWhatItMadeThoughTheCacheHasNotHeardOfIt() {
    put(_ -> {});
    hosts.pause();
    look();
    look();
    assertThat(hostStore.list(CoreTypes.SERVICE)).hasSize(1);
    guest.delete(CoreTypes.SERVICE, WEB, Precondition.NONE);
    look();
    assertThat(hostStore.list(CoreTypes.SERVICE)).isEmpty();
    hosts.resume();
    settle();
    assertThat(slices()).isEmpty();
  }
}
