package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static dev.thresher.loadbalancer.reconcile.World.instance;
import static dev.thresher.loadbalancer.reconcile.World.key;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Addresses that are held on the host: virtual machines, and guest clusters with placement `host`.
final class HostPlacementTest {

  private final World world = new World();

  @BeforeEach
  void pool() {
    world.pool("pool", "192.0.2.0/24");
  }

  private static LoadBalancer guestOnHost(String name) {
    LoadBalancer object = cluster(name);
    object.getMetadata().putAnnotationsItem(ThresherNames.PLACEMENT, "host");
    object
        .getSpec()
        .placement("host")
        .addListenersItem(new Listener().name("http").port(80).protocol("TCP").backendPort(30080))
        .putBackendServerSelectorItem("app", List.of("web"));
    return object;
  }

  private void patch(LoadBalancer object, String json) {
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        ObjectKey.of(object),
        new Patch.Merge(JsonParser.parseString(json).getAsJsonObject(), ""));
  }

  @Test
  void makesSliceThenServiceThenWaitsForTheHolder() {
    world.machine("vm-1", "10.0.0.5");
    world.create(machines("a"));
    world.settle();

    assertThat(world.api.writes())
        .extracting(FakeCall::toString)
        .filteredOn(call -> call.startsWith("create") && !call.contains("claims"))
        .containsExactly("create endpointslices.discovery.k8s.io vms/a", "create services vms/a");
    assertThat(world.ready("a").getReason()).isEqualTo("AddressNotAnnounced");
    assertThat(world.loadBalancer("a").getStatus().getAddress()).isNullOrEmpty();

    world.announce("a", "192.0.2.2");
    world.settle();

    assertThat(world.loadBalancer("a").getStatus().getAddress()).isEqualTo("192.0.2.2");
    assertThat(world.loadBalancer("a").getStatus().getAddresses()).containsExactly("192.0.2.2");
    assertThat(world.loadBalancer("a").getStatus().getBackendServers()).containsExactly("10.0.0.5");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
  }

  private String ports(String name) {
    return world.service(name).getSpec().getPorts().stream()
        .map(port ->
            port.getName()
                + " "
                + port.getPort()
                + "/"
                + port.getProtocol()
                + ">"
                + port.getTargetPort().getIntValue())
        .toList()
        .toString();
  }

  @Test
  void protocolsStandSideBySideAlsoOnOneNumber() {
    world.machine("vm-1", "10.0.0.5");
    LoadBalancer object = guestOnHost("a");
    object
        .getSpec()
        .listeners(
            List.of(
                new Listener().name("sig").port(5060).protocol("SCTP").backendPort(32000),
                new Listener().port(5060).protocol("TCP").backendPort(32001),
                new Listener().name("udp").port(5060).protocol("UDP").backendPort(32002)));
    world.create(object);
    world.settle();
    assertThat(ports("a"))
        .isEqualTo("[sig 5060/SCTP>32000, tcp-5060 5060/TCP>32001, udp 5060/UDP>32002]");
    assertThat(world.api.writes()).anyMatch(call -> call.toString().contains("endpointslices"));

    patch(
        object,
        """
        {"spec": {"listeners": [
          {"name": "sig", "port": 5060, "protocol": "SCTP", "backendPort": 32000},
          {"name": "udp", "port": 5060, "protocol": "UDP", "backendPort": 32002}]}}
        """);
    world.settle();
    assertThat(ports("a")).isEqualTo("[sig 5060/SCTP>32000, udp 5060/UDP>32002]");
  }

  @Test
  void handsOnWhoMayCome() {
    world.machine("vm-1", "10.0.0.5");
    LoadBalancer object = guestOnHost("a");
    object
        .getMetadata()
        .putAnnotationsItem(ThresherNames.SOURCE_RANGES, "10.0.0.0/8,2001:db8::/32");
    world.create(object);
    world.settle();
    assertThat(sourceRanges("a")).containsExactly("10.0.0.0/8", "2001:db8::/32");

    patch(
        object,
        "{\"metadata\": {\"annotations\": {\"thresher.dev/source-ranges\": \"10.1.0.0/16\"}}}");
    world.settle();
    assertThat(sourceRanges("a")).containsExactly("10.1.0.0/16");
    patch(object, "{\"metadata\": {\"annotations\": {\"thresher.dev/source-ranges\": null}}}");
    world.settle();
    assertThat(sourceRanges("a")).isEmpty();
  }

  @Test
  void nodesOfAGuestAreReachedAtTheirNodePort() {
    world.machine("vm-1", "172.30.1.177");
    world.machine("vm-2", "172.30.1.178");
    LoadBalancer object = guestOnHost("a");
    object
        .getSpec()
        .addListenersItem(new Listener().name("dns").port(53).protocol("UDP").backendPort(32153));
    world.create(object);
    world.settle();

    assertThat(world.slice("a").getPorts())
        .extracting(port -> port.getName() + " " + port.getProtocol() + " " + port.getPort())
        .containsExactly("http TCP 30080", "dns UDP 32153");
    assertThat(world.endpoints("a")).containsExactly("172.30.1.177", "172.30.1.178");
    assertThat(Objects.requireNonNull(world.service("a").getSpec()).getPorts())
        .extracting(port -> port.getPort() + ">" + port.getTargetPort().getIntValue())
        .containsExactly("80>30080", "53>32153");
  }

  @Test
  void leavesTheRangesThatTheOwnerOfMachinesSet() {
    world.machine("vm-1", "10.0.0.5");
    world.create(machines("a"));
    world.settle();
    world.api.patch(
        CoreTypes.SERVICE,
        key("a"),
        new Patch.Merge(
            JsonParser.parseString("{\"spec\": {\"loadBalancerSourceRanges\": [\"10.0.0.0/8\"]}}")
                .getAsJsonObject(),
            ""));
    world.settle();
    assertThat(sourceRanges("a")).containsExactly("10.0.0.0/8");
  }

  private List<String> sourceRanges(String name) {
    var spec = world.store.get(CoreTypes.SERVICE, key(name)).orElseThrow().getSpec();
    List<String> ranges = spec == null ? null : spec.getLoadBalancerSourceRanges();
    return ranges == null ? List.of() : ranges;
  }

  @Test
  void serviceIsAsHarvesterMakesIt() {
    world.machine("vm-1", "10.0.0.5");
    world.create(machines("a"));
    world.settle();
    String uid = world.loadBalancer("a").getMetadata().getUid();

    JsonObject service = world.store.getJson(CoreTypes.SERVICE, key("a")).orElseThrow();
    service.getAsJsonObject("metadata").remove("uid");
    List.of("resourceVersion", "creationTimestamp", "generation", "managedFields")
        .forEach(service.getAsJsonObject("metadata")::remove);
    assertThat(service)
        .isEqualTo(
            JsonParser.parseString(
                """
                {
                  "apiVersion": "v1",
                  "kind": "Service",
                  "metadata": {
                    "namespace": "vms",
                    "name": "a",
                    "labels": {
                      "loadbalancer.harvesterhci.io/servicelb": "true",
                      "thresher.dev/load-balancer-uid": "UID"
                    },
                    "ownerReferences": [{
                      "apiVersion": "loadbalancer.harvesterhci.io/v1beta1",
                      "kind": "LoadBalancer",
                      "name": "a",
                      "uid": "UID"
                    }],
                    "annotations": {
                      "thresher.dev/load-balancer-uid": "UID",
                      "kube-vip.io/loadbalancerIPs": "192.0.2.2"
                    }
                  },
                  "spec": {
                    "type": "LoadBalancer",
                    "loadBalancerIP": "192.0.2.2",
                    "ipFamilyPolicy": "SingleStack",
                    "ipFamilies": ["IPv4"],
                    "ports": [
                      {"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}
                    ]
                  }
                }
                """
                    .replace("UID", uid)));
  }

  @Test
  void slicesAreAsHarvesterMakesThemOnePerFamily() {
    world.pool("six", "2001:db8::/64");
    world.machine("vm-1", "fe80::1", "10.0.0.5", "2001:db8:1::5");
    LoadBalancer object = machines("a");
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    world.create(object);
    world.settle();
    String uid = world.loadBalancer("a").getMetadata().getUid();

    for (boolean six : List.of(false, true)) {
      String name = six ? "a-ipv6" : "a";
      JsonObject slice = world.store.getJson(CoreTypes.ENDPOINT_SLICE, key(name)).orElseThrow();
      slice.getAsJsonObject("metadata").remove("uid");
      List.of("resourceVersion", "creationTimestamp", "generation", "managedFields")
          .forEach(slice.getAsJsonObject("metadata")::remove);
      assertThat(slice)
          .isEqualTo(
              JsonParser.parseString(
                  """
                  {
                    "apiVersion": "discovery.k8s.io/v1",
                    "kind": "EndpointSlice",
                    "metadata": {
                      "namespace": "vms",
                      "name": "NAME",
                      "labels": {
                        "loadbalancer.harvesterhci.io/servicelb": "true",
                        "kubernetes.io/service-name": "a",
                        "endpointslice.kubernetes.io/managed-by":
                            "loadbalancer-controller.thresher.dev",
                        "thresher.dev/load-balancer-uid": "OWNER"
                      },
                      "ownerReferences": [{
                        "apiVersion": "loadbalancer.harvesterhci.io/v1beta1",
                        "kind": "LoadBalancer",
                        "name": "a",
                        "uid": "OWNER"
                      }]
                    },
                    "addressType": "FAMILY",
                    "ports": [{"name": "http", "protocol": "TCP", "port": 8080}],
                    "endpoints": [{
                      "addresses": ["ADDRESS"],
                      "conditions": {"ready": true},
                      "targetRef": {"namespace": "vms", "name": "vm-1", "uid": "uid-of-vm-1"},
                      "nodeName": "host-1"
                    }]
                  }
                  """
                      .replace("NAME", name)
                      .replace("OWNER", uid)
                      .replace("FAMILY", six ? "IPv6" : "IPv4")
                      .replace("ADDRESS", six ? "2001:db8:1::5" : "10.0.0.5")));
    }
    assertThat(world.service("a").getSpec().getIpFamilies()).containsExactly("IPv4", "IPv6");
    assertThat(world.service("a").getSpec().getIpFamilyPolicy()).isEqualTo("RequireDualStack");
    assertThat(world.service("a").getMetadata().getAnnotations())
        .containsEntry("kube-vip.io/loadbalancerIPs", "192.0.2.2,2001:db8::2");
  }

  @Test
  void endpointOfNobodyStandsWhileNobodyIsReady() {
    world.create(machines("a"));
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.52.0.255");
    assertThat(world.slice("a").getEndpoints().get(0).getTargetRef().getUid())
        .isEqualTo("dummy347-546a-4642-9da6-5608endpoint");

    world.machine("vm-1", "10.0.0.5");
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
    world.store.drop(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, key("vm-1"));
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.52.0.255");
  }

  @Test
  void ipv6SliceWithoutBackendsIsEmpty() {
    world.pool("six", "2001:db8::/64");
    LoadBalancer object = machines("a");
    object.getMetadata().putAnnotationsItem(ThresherNames.IP_FAMILIES, "IPv6");
    world.create(object);
    world.settle();

    assertThat(world.endpoints("a-ipv6")).isEmpty();
    assertThat(world.has(CoreTypes.ENDPOINT_SLICE, "a")).isFalse();
    assertThat(world.service("a").getSpec().getLoadBalancerIP()).isEqualTo("2001:db8::2");
  }

  @Test
  void machinesComeGoAndChange() {
    world.machine("vm-1", "10.0.0.5");
    world.machine("vm-2", "10.0.0.6");
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, instance("db", "db", "10.0.0.9"));
    world.create(machines("a"));
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");

    // One goes and another comes in one moment: the slice is never seen without both.
    world.informers().pause();
    world.store.drop(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, key("vm-1"));
    world.machine("vm-3", "10.0.0.7");
    world.api.forgetCalls();
    world.informers().resume();
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.6", "10.0.0.7");
    assertThat(world.api.writes())
        .filteredOn(call -> call.resource().startsWith("endpointslices"))
        .hasSize(1);

    world.machine("vm-2", "10.0.0.66");
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.66", "10.0.0.7");
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, instance("vm-2", "other", "10.0.0.66"));
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.7");
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, instance("db", "web", "10.0.0.9"));
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.9", "10.0.0.7");
  }

  @Test
  void addressesThatVanishForAMomentStay() {
    world.machine("vm-1", "10.0.0.5");
    world.create(machines("a"));
    world.settle();

    world.machine("vm-1");
    world.settle();
    world.restart();
    world.settle();

    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
  }

  @Test
  void machineThatStopsTakesNoPart() {
    world.machine("vm-1", "10.0.0.5");
    world.create(machines("a"));
    world.settle();
    world.announce("a", "192.0.2.2");
    world.settle();
    var stopped = instance("vm-1", "web", "10.0.0.5");
    stopped.getStatus().phase("Succeeded");
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, stopped);
    world.settle();

    assertThat(world.endpoints("a")).containsExactly("10.52.0.255");
    assertThat(world.ready("a").getReason()).isEqualTo("NoReadyBackend");
    assertThat(world.ready("a").getMessage()).contains("vm-1 NotRunning");
    assertThat(world.loadBalancer("a").getStatus().getBackends().get(0).getReady()).isFalse();
    assertThat(world.loadBalancer("a").getStatus().getAddress()).isEqualTo("192.0.2.2");
  }

  @Test
  void machineThatIsBeingDeletedFinishesWhatItBegan() {
    var instance = instance("vm-1", "web", "10.0.0.5");
    instance.getMetadata().addFinalizersItem("foregroundDeleteVirtualMachine");
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, instance);
    world.create(machines("a"));
    world.settle();
    world.api.delete(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, key("vm-1"), Precondition.NONE);
    world.settle();

    assertThat(world.endpoints("a")).containsExactly("10.0.0.5 not ready");
    var conditions = world.slice("a").getEndpoints().get(0).getConditions();
    assertThat(conditions.getServing()).isTrue();
    assertThat(conditions.getTerminating()).isTrue();
  }

  @Test
  void virtualAddressIsNoBackend() {
    world.create(cluster("guest"));
    world.settle();
    assertThat(world.allocated("guest")).isEqualTo("192.0.2.2");
    // The machine holds the guest's address on its card, and the agent tells it first.
    world.machine("vm-1", "192.0.2.2", "10.0.0.5");
    world.create(machines("a"));
    world.settle();

    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
  }

  @Test
  void foreignEditsAreHealed() {
    world.machine("vm-1", "10.0.0.5");
    world.create(machines("a"));
    world.settle();

    world.api.patch(
        CoreTypes.SERVICE,
        key("a"),
        new Patch.Merge(
            JsonParser.parseString(
                    """
                    {"metadata": {"labels": {"loadbalancer.harvesterhci.io/servicelb": null},
                                  "annotations": {"kube-vip.io/loadbalancerIPs": "1.2.3.4",
                                                  "someone": "else"}},
                     "spec": {"type": "NodePort", "loadBalancerIP": null,
                              "selector": {"app": "x"},
                              "ports": [{"name": "http", "protocol": "TCP", "port": 80,
                                         "targetPort": 1, "nodePort": 31000}]}}
                    """)
                .getAsJsonObject(),
            ""));
    world.settle();

    V1Service service = world.service("a");
    assertThat(service.getSpec().getType()).isEqualTo("LoadBalancer");
    assertThat(service.getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
    assertThat(service.getSpec().getSelector()).isNullOrEmpty();
    assertThat(service.getSpec().getPorts().get(0).getTargetPort().getIntValue()).isEqualTo(8080);
    assertThat(service.getSpec().getPorts().get(0).getNodePort()).isEqualTo(31000);
    assertThat(service.getMetadata().getLabels())
        .containsEntry(HarvesterNames.SERVICE_LB_LABEL, "true");
    assertThat(service.getMetadata().getAnnotations())
        .containsEntry("kube-vip.io/loadbalancerIPs", "192.0.2.2")
        .containsEntry("someone", "else");

    world.api.patch(
        CoreTypes.ENDPOINT_SLICE,
        key("a"),
        new Patch.Merge(JsonParser.parseString("{\"endpoints\": []}").getAsJsonObject(), ""));
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
  }

  private static final String NO_LABELS_NO_OWNERS =
      "{\"metadata\": {\"labels\": null, \"ownerReferences\": null}}";

  private void edit(ResourceType<? extends KubernetesObject> type, String json) {
    world.api.patch(
        type, key("a"), new Patch.Merge(JsonParser.parseString(json).getAsJsonObject(), ""));
  }

  @Test
  void anEditThatTakesLabelsAndOwnersAwayIsHealed() {
    world.machine("vm-1", "10.0.0.5");
    world.create(machines("a"));
    world.settle();
    V1ObjectMeta service = world.service("a").getMetadata();
    V1ObjectMeta slice = world.slice("a").getMetadata();

    edit(CoreTypes.SERVICE, NO_LABELS_NO_OWNERS);
    edit(CoreTypes.ENDPOINT_SLICE, NO_LABELS_NO_OWNERS);
    world.settle();

    assertThat(world.service("a").getMetadata().getUid()).isEqualTo(service.getUid());
    assertThat(world.service("a").getMetadata().getLabels()).isEqualTo(service.getLabels());
    assertThat(world.service("a").getMetadata().getOwnerReferences())
        .isEqualTo(service.getOwnerReferences());
    assertThat(world.slice("a").getMetadata().getUid()).isEqualTo(slice.getUid());
    assertThat(world.slice("a").getMetadata().getLabels()).isEqualTo(slice.getLabels());
    assertThat(world.slice("a").getMetadata().getOwnerReferences())
        .isEqualTo(slice.getOwnerReferences());
    assertThat(world.ready("a").getReason()).isEqualTo("AddressNotAnnounced");
  }

  @Test
  void theAddressIsKeptUntilAServiceWithoutLabelsAndOwnersIsGone() {
    world.create(machines("a"));
    world.settle();
    edit(CoreTypes.SERVICE, "{\"metadata\": {\"finalizers\": [\"holder\"]}}");
    world.settle();
    world.informers().pause();
    edit(CoreTypes.SERVICE, NO_LABELS_NO_OWNERS);
    world.delete("a");
    world.informers().resume();
    world.settle();

    assertThat(world.service("a").getMetadata().getDeletionTimestamp()).isNotNull();
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/a"));

    edit(CoreTypes.SERVICE, "{\"metadata\": {\"finalizers\": null}}");
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isFalse();
    assertThat(world.exists("a")).isFalse();
    assertThat(world.claimObjects()).isEmpty();
  }

  @Test
  void theAddressIsKeptWhileAServiceOfSomebodyElseAsksForIt() {
    world.create(machines("a"));
    world.settle();
    edit(
        CoreTypes.SERVICE,
        """
        {"metadata": {"labels": null, "ownerReferences": [
          {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": "other"}]}}
        """);
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("NameTaken");
    world.delete("a");
    world.settle();

    assertThat(world.service("a").getMetadata().getDeletionTimestamp()).isNull();
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/a"));
    assertThat(world.events).contains("WARNING a AddressInUse");
    assertThat(world.failures.get(key("a")))
        .contains("Service vms/a", "192.0.2.2", "kube-vip.io/loadbalancerIPs");

    edit(
        CoreTypes.SERVICE,
        """
        {"metadata": {"annotations": {"kube-vip.io/loadbalancerIPs": null}},
         "spec": {"loadBalancerIP": null}}
        """);
    world.retryFailures();
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isTrue();
    assertThat(world.exists("a")).isFalse();
    assertThat(world.claimObjects()).isEmpty();
  }

  @Test
  void foreignDeletionsAreHealed() {
    world.machine("vm-1", "10.0.0.5");
    world.create(machines("a"));
    world.settle();

    world.api.delete(CoreTypes.SERVICE, key("a"), Precondition.NONE);
    world.api.delete(CoreTypes.ENDPOINT_SLICE, key("a"), Precondition.NONE);
    world.settle();

    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
    assertThat(world.service("a").getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
  }

  @Test
  void objectOfSomebodyElseIsLeftAlone() {
    world.store.put(
        CoreTypes.SERVICE, new V1Service().metadata(new V1ObjectMeta().namespace("vms").name("a")));
    world.create(machines("a"));
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("NameTaken");
    assertThat(world.service("a").getSpec()).isNull();
    world.delete("a");
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isTrue();
    assertThat(world.exists("a")).isFalse();
    assertThat(world.claimObjects()).isEmpty();
  }

  @Test
  void serviceOfSomebodyElseWithAnotherAddressIsLeftAlone() {
    world.store.put(
        CoreTypes.SERVICE,
        new V1Service()
            .metadata(
                new V1ObjectMeta()
                    .namespace("vms")
                    .name("a")
                    .annotations(Map.of("kube-vip.io/loadbalancerIPs", "192.0.2.77")))
            .spec(new V1ServiceSpec().type("LoadBalancer").loadBalancerIP("192.0.2.77")));
    V1Service before = world.service("a");
    world.create(machines("a"));
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("NameTaken");
    world.delete("a");
    world.settle();
    assertThat(world.service("a")).isEqualTo(before);
    assertThat(world.exists("a")).isFalse();
    assertThat(world.claimObjects()).isEmpty();
  }

  @Test
  void sliceOfSomebodyElseIsLeftAlone() {
    world.store.put(
        CoreTypes.ENDPOINT_SLICE,
        new V1EndpointSlice()
            .metadata(new V1ObjectMeta().namespace("vms").name("a"))
            .addressType("IPv4")
            .endpoints(List.of(new V1Endpoint().addresses(List.of("10.9.9.9")))));
    V1EndpointSlice before = world.slice("a");
    world.create(machines("a"));
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("NameTaken");
    assertThat(world.slice("a")).isEqualTo(before);
  }

  @Test
  void serviceThatTheServerRefusesIsSaid() {
    world.api.fault(call ->
        call.toString().equals("create services vms/a")
            ? Optional.of(FakeKubeApi.exception(Reason.INVALID, "no free node port"))
            : Optional.empty());
    world.create(machines("a"));
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("ServiceRefused");
    assertThat(world.ready("a").getMessage()).contains("no free node port");
    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");
    assertThat(world.failures).isNotEmpty();

    world.api.noFaults();
    world.retryFailures();
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isTrue();
  }

  @Test
  void guestPlacementHasNoHostObjects() {
    world.machine("vm-1", "10.0.0.5");
    LoadBalancer object = guestOnHost("a");
    object.getMetadata().setAnnotations(Map.of());
    object.getSpec().placement(null);
    world.create(object);
    world.settle();

    assertThat(world.has(CoreTypes.SERVICE, "a")).isFalse();
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
  }

  @Test
  void placementIsFrozenByTheClaim() {
    world.machine("vm-1", "10.0.0.5");
    LoadBalancer object = guestOnHost("a");
    world.create(object);
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
    assertThat(world.service("a").getSpec().getPorts().get(0).getTargetPort().getIntValue())
        .isEqualTo(30080);

    // A stock host prunes the field, a typed write of an old program wipes it; the annotation goes
    // last. The address stays where it is.
    patch(object, "{\"spec\": {\"placement\": null}}");
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isTrue();
    patch(object, "{\"metadata\": {\"annotations\": {\"thresher.dev/placement\": null}}}");
    world.restart();
    world.settle();

    assertThat(world.has(CoreTypes.SERVICE, "a")).isTrue();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
    world.delete("a");
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isFalse();
    assertThat(world.exists("a")).isFalse();
  }

  /// Without a claim the Service that stands says where the address is held.
  @Test
  void placementOfAnAddressByDhcpIsFrozenByItsService() {
    world.machine("vm-1", "10.0.0.5");
    LoadBalancer object = guestOnHost("a");
    object.getSpec().ipam("dhcp");
    world.create(object);
    world.settle();
    world.announce("a", "192.0.2.200");
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("Answering");

    patch(
        object,
        "{\"metadata\": {\"annotations\": {\"thresher.dev/placement\": null}},"
            + " \"spec\": {\"placement\": null}}");
    world.restart();
    world.settle();
    world.machine("vm-2", "10.0.0.6");
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");
    assertThat(world.ready("a").getReason()).isEqualTo("Answering");

    // The holder of the address has not let go yet.
    world.api.patch(
        CoreTypes.SERVICE,
        key("a"),
        Patches.addFinalizer(world.service("a"), "holder").orElseThrow());
    world.settle();
    world.delete("a");
    world.settle();
    assertThat(world.exists("a")).isTrue();
    world.api.patch(
        CoreTypes.SERVICE,
        key("a"),
        Patches.removeFinalizer(world.service("a"), "holder").orElseThrow());
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isFalse();
    assertThat(world.has(CoreTypes.ENDPOINT_SLICE, "a")).isFalse();
    assertThat(world.exists("a")).isFalse();
  }

  @Test
  void annotationAloneAsksForTheHost() {
    LoadBalancer object = guestOnHost("a");
    object.getSpec().placement(null);
    world.create(object);
    world.settle();

    assertThat(world.has(CoreTypes.SERVICE, "a")).isTrue();
    assertThat(world.claimObjects().get(0).getSpec().getPlacement()).isEqualTo("host");
  }

  @Test
  void addressIsFreeWhenNobodyAnswersForItAnyMore() {
    world.create(machines("a"));
    world.settle();
    // The holder of the address has not let go yet.
    world.api.patch(
        CoreTypes.SERVICE,
        key("a"),
        Patches.addFinalizer(world.service("a"), "holder").orElseThrow());
    world.settle();
    world.delete("a");
    world.settle();

    assertThat(world.claims()).hasSize(1);
    assertThat(world.exists("a")).isTrue();

    world.api.patch(
        CoreTypes.SERVICE,
        key("a"),
        Patches.removeFinalizer(world.service("a"), "holder").orElseThrow());
    world.settle();
    assertThat(world.exists("a")).isFalse();
    assertThat(world.claimObjects()).isEmpty();
    assertThat(world.has(CoreTypes.ENDPOINT_SLICE, "a")).isFalse();
  }

  @Test
  void secondFamilyThatIsNoLongerWantedGoes() {
    world.pool("six", "2001:db8::/64");
    LoadBalancer object = machines("a");
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    world.create(object);
    world.settle();
    world.announce("a", "192.0.2.2", "2001:db8::2");
    world.settle();
    assertThat(world.claims()).hasSize(2);

    patch(
        object,
        "{\"metadata\": {\"annotations\": {\"thresher.dev/ip-families\": \"IPv4\"}},"
            + " \"spec\": {\"ipFamilyPolicy\": \"SingleStack\"}}");
    world.settle();
    // The holder still answers for it: nobody else may have it yet.
    assertThat(world.claims()).hasSize(2);
    assertThat(world.loadBalancer("a").getStatus().getAddresses()).containsExactly("192.0.2.2");
    world.announce("a", "192.0.2.2");
    world.settle();

    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/a"));
    assertThat(world.has(CoreTypes.ENDPOINT_SLICE, "a-ipv6")).isFalse();
    assertThat(world.service("a").getSpec().getIpFamilies()).containsExactly("IPv4");
    assertThat(world.loadBalancer("a").getStatus().getAllocatedAddress().getIpv6IP()).isNull();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "IPv4,IPv6 | 192.0.2.2   | a-ipv6",
        "IPv6,IPv4 | 2001:db8::2 | a",
      })
  void singleStackKeepsTheFirstAddressAndGivesBackTheOther(
      String order, String first, String otherSlice) {
    world.pool("six", "2001:db8::/64");
    // A released claim waits for its end: it is not to be taken back meanwhile.
    world.holdDown(Duration.ofHours(1));
    world.waits = false;
    LoadBalancer object = machines("a");
    object.getMetadata().putAnnotationsItem(ThresherNames.IP_FAMILIES, order);
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    world.create(object);
    world.settle();
    world.announce("a", "192.0.2.2", "2001:db8::2");
    world.settle();

    // Fields that vanish move nothing.
    patch(
        object,
        "{\"metadata\": {\"annotations\": {\"thresher.dev/ip-families\": null}},"
            + " \"spec\": {\"ipFamilyPolicy\": null}}");
    world.restart();
    world.settle();
    assertThat(world.claims()).hasSize(2);
    assertThat(world.service("a").getSpec().getIpFamilies()).containsExactly(order.split(","));

    patch(object, "{\"spec\": {\"ipFamilyPolicy\": \"SingleStack\"}}");
    world.settle();
    assertThat(world.claims()).as("the holder still answers for it").hasSize(2);
    world.announce("a", first);
    world.settle();
    world.restart();
    world.settle();

    assertThat(world.claims()).containsExactly(Map.entry(first, "vms/a"));
    assertThat(world.has(CoreTypes.ENDPOINT_SLICE, otherSlice)).isFalse();
    assertThat(world.service("a").getSpec().getIpFamilies())
        .containsExactly(order.substring(0, order.indexOf(',')));
    assertThat(world.loadBalancer("a").getStatus().getAddresses()).containsExactly(first);
    assertThat(world.allocated("a")).isEqualTo(first);
    assertThat(world.ready("a").getReason()).isNotEqualTo("ServiceRefused");
  }

  @Test
  void listenersFollowTheSpec() {
    LoadBalancer object = machines("a");
    world.create(object);
    world.settle();
    patch(
        object,
        """
        {"spec": {"listeners": [
          {"port": 443, "protocol": "TCP", "backendPort": 8443},
          {"port": 443, "protocol": "UDP", "backendPort": 8443}]}}
        """);
    world.settle();

    assertThat(world.service("a").getSpec().getPorts())
        .extracting(port -> port.getName() + " " + port.getProtocol() + " " + port.getPort())
        .containsExactly("tcp-443 TCP 443", "udp-443 UDP 443");
    assertThat(world.slice("a").getPorts())
        .extracting(port -> port.getName() + " " + port.getPort())
        .containsExactly("tcp-443 8443", "udp-443 8443");
  }

  @Test
  void listenerThatMakesNoSenseIsSaid() {
    LoadBalancer object = machines("a");
    object.getSpec().getListeners().get(0).port(0);
    world.create(object);
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
    assertThat(world.ready("a").getMessage()).contains("spec.listeners[0]", "1 to 65535");
    assertThat(world.claims()).isEmpty();
  }

  @Test
  void dhcpServiceAsksForAnyAddressAndTellsTheAnswer() {
    LoadBalancer object = machines("a");
    object.getSpec().ipam("dhcp");
    world.create(object);
    world.settle();
    assertThat(world.service("a").getSpec().getLoadBalancerIP()).isEqualTo("0.0.0.0");

    world.announce("a", "192.0.2.200");
    world.settle();

    assertThat(world.loadBalancer("a").getStatus().getAddress()).isEqualTo("192.0.2.200");
    assertThat(world.allocated("a")).isEqualTo("0.0.0.0");
    world.delete("a");
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isFalse();
  }

  @Test
  void anObjectMadeAgainWaitsForTheOldServiceToGo() {
    world.create(machines("a"));
    world.settle();
    world.store.drop(LoadBalancerTypes.LOAD_BALANCER, key("a"));
    world.create(machines("a"));
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("NameTaken");
    assertThat(world.allocated("a")).isEqualTo("192.0.2.2");

    // The garbage collector of the cluster.
    world.api.delete(CoreTypes.SERVICE, key("a"), Precondition.NONE);
    world.api.delete(CoreTypes.ENDPOINT_SLICE, key("a"), Precondition.NONE);
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("AddressNotAnnounced");
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/a"));
  }

  @Test
  void unusedJsonNullIsNotWritten() {
    world.create(machines("a"));
    world.settle();

    assertThat(
            world
                .store
                .getJson(LoadBalancerTypes.LOAD_BALANCER, key("a"))
                .orElseThrow()
                .getAsJsonObject("status")
                .getAsJsonObject("allocatedAddress")
                .entrySet())
        .noneMatch(field -> field.getValue().equals(JsonNull.INSTANCE));
    assertThat(Optional.ofNullable(world.loadBalancer("a").getStatus().getBackends()))
        .contains(List.of());
  }
}
