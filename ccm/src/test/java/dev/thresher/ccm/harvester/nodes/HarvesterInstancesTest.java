package dev.thresher.ccm.harvester.nodes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.InstanceMetadata;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import dev.thresher.ccm.cloudprovider.PowerState;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1NodeSystemInfo;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HarvesterInstancesTest {

  private static final ObjectKey VM = ObjectKey.of("vms", "n1");

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore hostStore = new FakeStore();
  private final FakeStore guestStore = new FakeStore();
  private final FakeKubeApi host = new FakeKubeApi("host", hostStore);
  private final FakeInformers hosts = new FakeInformers(hostStore, timeline);
  private final FakeInformers guests = new FakeInformers(guestStore, timeline);
  private final List<String> woken = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private final HarvesterInstances instances = with(NodePolicy.DEFAULT);

  private HarvesterInstances with(NodePolicy policy) {
    return new HarvesterInstances(
        "vms",
        new HarvesterInstances.Caches(
            hosts.informer(KubeVirtTypes.VIRTUAL_MACHINE, Scope.namespace("vms")),
            hosts.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, Scope.namespace("vms")),
            guests.informer(CoreTypes.NODE, Scope.ALL)),
        host,
        policy,
        address -> address.toString().equals("10.0.0.100"),
        (node, type, reason, message) -> warnings.add(message),
        timeline);
  }

  @BeforeEach
  void start() {
    instances.onChange(woken::add);
    hosts.start();
    guests.start();
  }

  private void machine(String uid) {
    hostStore.put(
        KubeVirtTypes.VIRTUAL_MACHINE,
        json(
            """
            {"metadata": {"name": "n1", "namespace": "vms", "uid": "%s"},
             "spec": {"runStrategy": "RerunOnFailure", "template": {}}}
            """
                .formatted(uid)));
  }

  /// @param addresses JSON strings, comma separated
  private void instance(String owner, String addresses, String status) {
    hostStore.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
        json(
            """
            {"metadata": {"name": "n1", "namespace": "vms",
               "annotations": {
                 "topology.kubernetes.io/zone": "z1", "topology.kubernetes.io/region": "r1"},
               "ownerReferences": [
                 {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": "n1",
                  "uid": "%s"}]},
             "spec": {"domain": {"firmware": {"uuid": "ABCD-1"}},
                "networks": [{"name": "nic-0", "multus": {"networkName": "default/vlan1"}}]},
             "status": {"phase": "Running",
                "interfaces": [{"name": "nic-0", "ipAddresses": [%s]}] %s}}
            """
                .formatted(owner, addresses, status)));
  }

  private void instance(String addresses) {
    instance("u1", addresses, "");
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private V1Node node(String name, String providerId, String internal) {
    var status = new V1NodeStatus().nodeInfo(new V1NodeSystemInfo().systemUUID("abcd-1"));
    if (!internal.isEmpty()) {
      status.addAddressesItem(new V1NodeAddress().type("InternalIP").address(internal));
    }
    return guestStore.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name(name))
            .spec(new V1NodeSpec().providerID(providerId.isEmpty() ? null : providerId))
            .status(status));
  }

  private InstanceMetadata known(V1Node node) {
    return ((MetadataResult.Known) instances.metadata(node)).metadata();
  }

  private String notYet(V1Node node) {
    return ((MetadataResult.NotYet) instances.metadata(node)).reason();
  }

  @Test
  void tellsAllOfARunningMachineWithoutAQuestionToTheHost() {
    machine("u1");
    instance("\"10.0.0.100\", \"10.0.0.5\", \"fd00::5\"");
    InstanceMetadata metadata = known(node("n1", "", ""));
    assertThat(metadata.providerId()).isEqualTo("harvester://u1");
    assertThat(metadata.zone()).isEqualTo("z1");
    assertThat(metadata.region()).isEqualTo("r1");
    assertThat(metadata.addresses())
        .containsExactly(
            new MachineAddress(MachineAddress.Type.INTERNAL_IP, "10.0.0.5"),
            new MachineAddress(MachineAddress.Type.INTERNAL_IP, "fd00::5"),
            new MachineAddress(MachineAddress.Type.HOSTNAME, "n1"));
    assertThat(host.calls()).isEmpty();
  }

  @Test
  void findsAMachineOfAnotherNameBySystemUuid() {
    machine("u1");
    instance("\"10.0.0.5\"");
    assertThat(known(node("custom-host", "", "")).providerId()).isEqualTo("harvester://u1");
  }

  @Test
  void waitsForAnAddressThatANodeNeverHad() {
    machine("u1");
    assertThat(notYet(node("n1", "", ""))).isEqualTo("MachineNotRunning");
    instance("");
    assertThat(notYet(node("n1", "", ""))).isEqualTo("AddressUnknown");
  }

  @Test
  void keepsTheLastGoodAddressesWhenTheMachineIsSilent() {
    machine("u1");
    assertThat(known(node("n1", "", "10.0.0.5")).addresses()).isEmpty();
    instance("");
    assertThat(known(node("n1", "", "10.0.0.5")).addresses()).isEmpty();
  }

  @Test
  void keepsAddressesAndZoneDuringAMigration() {
    machine("u1");
    instance("u1", "\"10.0.0.9\"", ", \"migrationState\": {\"targetNode\": \"h2\"}");
    InstanceMetadata metadata = known(node("n1", "harvester://u1", "10.0.0.5"));
    assertThat(metadata.addresses()).isEmpty();
    assertThat(metadata.zone()).isEmpty();
    instance("u1", "\"10.0.0.9\"", ", \"migrationState\": {\"completed\": true}");
    assertThat(known(node("n1", "harvester://u1", "10.0.0.5")).addresses()).hasSize(2);
  }

  @Test
  void aRunOfAnEarlierMachineOfTheSameNameIsNotTheMachines() {
    machine("u2");
    instance("u1", "\"10.0.0.5\"", "");
    assertThat(notYet(node("n1", "harvester://u2", ""))).isEqualTo("MachineNotRunning");
  }

  @Test
  void leavesNodesOfOthersAlone() {
    assertThat(instances.metadata(node("metal", "", "")))
        .isInstanceOf(MetadataResult.NotOurs.class);
    assertThat(instances.existence(node("metal", "", ""))).isInstanceOf(Existence.Undecided.class);
    assertThat(instances.power(node("metal", "", ""))).isInstanceOf(PowerState.Undecided.class);
  }

  @Test
  void aCacheThatMissesAMachineIsNoProof() {
    machine("u1");
    V1Node node = node("n1", "harvester://u1", "10.0.0.5");
    assertThat(instances.existence(node)).isEqualTo(new Existence.Exists());
    assertThat(host.calls()).isEmpty();

    hosts.pause();
    hostStore.drop(KubeVirtTypes.VIRTUAL_MACHINE, VM);
    hosts.resume();
    hosts.pause();
    machine("u1");
    assertThat(instances.confirmExistence(node)).isEqualTo(new Existence.Exists());
    hosts.resume();

    hostStore.drop(KubeVirtTypes.VIRTUAL_MACHINE, VM);
    machine("u2");
    assertThat(instances.confirmExistence(node)).isInstanceOf(Existence.Missing.class);
  }

  @Test
  void aHostThatDoesNotAnswerIsNeverAMissingMachine() {
    V1Node node = node("n1", "harvester://u1", "10.0.0.5");
    host.failAll(Reason.UNREACHABLE);
    assertThatThrownBy(() -> instances.confirmExistence(node)).isInstanceOf(KubeApiException.class);
  }

  @Test
  void tellsPowerByTheRun() {
    machine("u1");
    V1Node node = node("n1", "harvester://u1", "10.0.0.5");
    assertThat(instances.power(node)).isEqualTo(new PowerState.ShutDown());
    instance("");
    assertThat(instances.power(node)).isEqualTo(new PowerState.Running());
  }

  @Test
  void wakesTheNodesThatAChangeConcerns() {
    node("n1", "", "");
    node("custom-host", "harvester://u1", "");
    woken.clear();
    machine("u1");
    assertThat(woken).containsExactlyInAnyOrder("n1", "custom-host");
    woken.clear();
    instance("\"10.0.0.5\"");
    assertThat(woken).containsExactlyInAnyOrder("n1", "custom-host");
  }

  @Test
  void saysEachWarningOnce() {
    machine("u1");
    V1Node node = node("n1", "harvester://u1", "10.0.0.5");
    instance("\"nonsense\", \"10.0.0.5\"");
    assertThat(known(node).addresses()).hasSize(2);
    assertThat(known(node).addresses()).hasSize(2);
    assertThat(warnings).singleElement().asString().contains("nonsense");
    instance("\"10.0.0.5\"");
    known(node);
    instance("\"nonsense\", \"10.0.0.5\"");
    known(node);
    assertThat(warnings).hasSize(2);
  }

  @Test
  void wakesANodeByTheHostNameOfItsMachine() {
    node("web-1", "", "");
    woken.clear();
    hostStore.put(
        KubeVirtTypes.VIRTUAL_MACHINE,
        json(
            """
            {"metadata": {"name": "n7", "namespace": "vms", "uid": "u7"},
             "spec": {"template": {"spec": {"hostname": "web-1"}}}}
            """));
    assertThat(woken).containsExactly("web-1");
    assertThat(notYet(node("web-1", "", ""))).isEqualTo("MachineNotRunning");
  }
}
