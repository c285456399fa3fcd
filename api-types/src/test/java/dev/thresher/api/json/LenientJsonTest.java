package dev.thresher.api.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.AllocatedAddress;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerSpec;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.api.net.AddressClaimSpec;
import dev.thresher.api.net.ClaimOwner;
import io.kubernetes.client.custom.IntOrString;
import io.kubernetes.client.custom.Quantity;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1LeaseSpec;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LenientJsonTest {

  private static final OffsetDateTime TIME = OffsetDateTime.parse("2026-02-03T04:05:06.123456Z");

  @Test
  void readsAServiceWithAFieldThatTheModelDoesNotKnow() {
    V1Service service =
        LenientJson.gson()
            .fromJson(
                """
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "ofTomorrow": 1},
                 "spec": {"type": "LoadBalancer", "ofTomorrow": {"deep": [1, {"deeper": null}]}},
                 "ofTomorrow": "x"}
                """,
                V1Service.class);
    assertThat(service.getMetadata().getName()).isEqualTo("web");
    assertThat(service.getSpec().getType()).isEqualTo("LoadBalancer");
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "80, 80",
    "-5, -5",
    "80.0, 80",
    "8e1, 80",
    "2147483648, 2147483647",
    "4294975376, 2147483647",
    "-4294967286, -2147483648",
    "1e300, 2147483647",
  })
  void aWholeNumberIsNeverWhatIsLeftOfALargerOne(String said, int read) {
    String document = "{\"port\":" + said + "}";

    assertThat(LenientJson.gson().fromJson(document, Listener.class).getPort()).isEqualTo(read);
    assertThat(
            LenientJson.gson().fromJson(JsonParser.parseString(document), Listener.class).getPort())
        .isEqualTo(read);
  }

  @ParameterizedTest
  @ValueSource(strings = {"80.5", "\"eighty\"", "{}", "true", "1e-3"})
  void whatIsNoWholeNumberIsRefusedWithItsPlace(String said) {
    String document = "{\"spec\":{\"listeners\":[{\"port\":" + said + "}]}}";

    assertThatThrownBy(
            () -> LenientJson.gson().fromJson(JsonParser.parseString(document), LoadBalancer.class))
        .hasMessageContaining("$.spec.listeners[0].port");
  }

  @Test
  void leavesOutWhoWroteWhat() {
    V1Service service =
        LenientJson.gson()
            .fromJson(
                "{\"metadata\": {\"name\": \"web\", \"managedFields\": [{\"manager\": \"m\"}]}}",
                V1Service.class);
    assertThat(service.getMetadata().getManagedFields()).isNullOrEmpty();
  }

  static List<Object> objects() {
    return List.of(
        new V1Service()
            .apiVersion("v1")
            .kind("Service")
            .metadata(meta())
            .spec(
                new V1ServiceSpec()
                    .addPortsItem(new V1ServicePort().port(80).targetPort(new IntOrString("http")))
                    .addPortsItem(new V1ServicePort().port(81).targetPort(new IntOrString(8081)))),
        new V1Node()
            .metadata(meta())
            .status(new V1NodeStatus().capacity(Map.of("memory", new Quantity("2Gi")))),
        new V1Secret().metadata(meta()).data(Map.of("k", "v\0".getBytes(StandardCharsets.UTF_8))),
        new V1Lease().metadata(meta()).spec(new V1LeaseSpec().renewTime(TIME).acquireTime(TIME)),
        new LoadBalancer()
            .metadata(meta())
            .spec(
                new LoadBalancerSpec()
                    .workloadType(LoadBalancerSpec.WORKLOAD_TYPE_VM)
                    .placement(LoadBalancerSpec.PLACEMENT_HOST)
                    .putBackendServerSelectorItem("app", List.of("web", "api"))
                    .addListenersItem(new Listener().name("http").port(80).backendPort(8080)))
            .status(
                new LoadBalancerStatus()
                    .address("192.0.2.1")
                    .addAddressesItem("192.0.2.1")
                    .addAddressesItem("2001:db8::1")
                    .allocatedAddress(new AllocatedAddress().ip("192.0.2.1").ipv6IP("2001:db8::1"))
                    .addConditionsItem(new Condition().type("Ready").status("True"))),
        new AddressClaim()
            .metadata(meta())
            .spec(
                new AddressClaimSpec()
                    .address("2001:db8::1")
                    .family(AddressClaimSpec.FAMILY_IPV6)
                    .wanted(true)
                    .allocatedAt(TIME)
                    .owner(new ClaimOwner().namespace("a").name("b").uid("c"))));
  }

  @ParameterizedTest
  @MethodSource("objects")
  void objectsKeepEqual(Object object) {
    String json = LenientJson.gson().toJson(object);
    assertThat((Object) LenientJson.gson().fromJson(json, object.getClass())).isEqualTo(object);
  }

  @Test
  void absentListsStayAbsent() {
    var balancer = new LoadBalancer().spec(new LoadBalancerSpec());
    assertThat(balancer.getSpec().getListeners()).isEmpty();
    assertThat(balancer.getSpec().getBackendServerSelector()).isEmpty();
    JsonObject json = LenientJson.gson().toJsonTree(balancer).getAsJsonObject();
    assertThat(json.getAsJsonObject("spec").keySet()).isEmpty();
    assertThat(json.has("status")).isFalse();
  }

  @Test
  void fillsInWhatListItemsLack() {
    IPPool pool = LenientJson.gson().fromJson("{\"metadata\":{\"name\":\"p\"}}", IPPool.class);
    assertThat(pool.getKind()).isEqualTo("IPPool");
    assertThat(pool.getApiVersion()).isEqualTo("loadbalancer.harvesterhci.io/v1beta1");
  }

  @Test
  void readsMachinesAsKubeVirtWritesThem() {
    VirtualMachine machine =
        LenientJson.gson()
            .fromJson(
                """
                {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
                 "metadata": {"name": "n1", "namespace": "vms", "uid": "u"},
                 "spec": {"runStrategy": "RerunOnFailure",
                   "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"domain": {"cpu":
                     {"cores": 4294967295}, "memory": {"guest": "4Gi"}, "devices": {"interfaces":
                     [{"name": "nic-1", "bridge": {}, "macAddress": "52:54:00:00:00:01"}],
                     "disks": [{"name": "root"}]}}, "networks": [{"name": "nic-1", "multus":
                     {"networkName": "default/vlan1"}}]}}},
                 "status": {"created": true, "ready": false, "printableStatus": "Paused",
                   "conditions": [{"type": "Paused", "status": "True",
                     "lastProbeTime": null, "lastTransitionTime": "2026-02-03T04:05:06Z"}],
                   "volumeSnapshotStatuses": [{"name": "root", "enabled": false}]}}
                """,
                VirtualMachine.class);
    assertThat(machine.getSpec().getTemplate().getSpec().getDomain().getMemory().getGuest())
        .isEqualTo(new Quantity("4Gi"));
    assertThat(machine.getSpec().getTemplate().getSpec().getDomain().getCpu().getCores())
        .isEqualTo(4294967295L);
    assertThat(machine.getSpec().getTemplate().getSpec().getNetworks().getFirst().getMultus())
        .returns("default/vlan1", multus -> multus.getNetworkName());
    assertThat(machine.getStatus().getReady()).isFalse();
    assertThat(machine.getStatus().getConditions().getFirst().getLastTransitionTime())
        .isEqualTo(OffsetDateTime.parse("2026-02-03T04:05:06Z"));

    VirtualMachineInstance instance =
        LenientJson.gson()
            .fromJson(
                """
                {"metadata": {"name": "n1"}, "spec": {"domain": {}}, "status": {
                  "phase": "SomethingNew", "nodeName": "h1", "interfaces": [
                    {"name": "nic-1", "mac": "52:54:00:00:00:01", "ipAddress": "192.0.2.1",
                     "ipAddresses": ["192.0.2.1", "2001:db8::1"], "interfaceName": "enp1s0",
                     "infoSource": "domain, guest-agent", "queueCount": 1},
                    {"mac": "52:54:00:00:00:02", "interfaceName": "cni0"}],
                  "migrationState": {"migrationUid": "m", "completed": true},
                  "activePods": {"p": "h1"}, "guestOSInfo": {"prettyName": "x"}}}
                """,
                VirtualMachineInstance.class);
    assertThat(instance.getStatus().getInterfaces().get(0).getIpAddresses())
        .containsExactly("192.0.2.1", "2001:db8::1");
    assertThat(instance.getStatus().getInterfaces().get(1).getName()).isNull();
    assertThat(instance.getStatus().getMigrationState().getCompleted()).isTrue();
    assertThat(instance.getStatus().getPhase()).isEqualTo("SomethingNew");
  }

  @Test
  void writesTimesThatTheApiServerReads() {
    String json = LenientJson.gson().toJson(new AddressClaimSpec().allocatedAt(TIME));
    assertThat(JsonParser.parseString(json).getAsJsonObject().get("allocatedAt").getAsString())
        .isEqualTo("2026-02-03T04:05:06.123456Z");
  }

  private static V1ObjectMeta meta() {
    return new V1ObjectMeta()
        .name("n")
        .namespace("ns")
        .creationTimestamp(TIME)
        .putLabelsItem("a", "b");
  }
}
