package dev.thresher.ccm.harvester.nodes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.labels.LabelSelector;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.MetadataResult;
import dev.thresher.ccm.cloudprovider.PowerState;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What the host is asked, and when.
class MachineLookupTest {

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore hostStore = new FakeStore();
  private final FakeStore guestStore = new FakeStore();
  private final FakeKubeApi host = new FakeKubeApi("host", hostStore);
  private final FakeInformers hosts = new FakeInformers(hostStore, timeline);
  private final FakeInformers guests = new FakeInformers(guestStore, timeline);

  /// Machine to the name of its guest.
  private final Map<String, String> guestNames = new HashMap<>();

  private HarvesterInstances start(NodePolicy policy) {
    host.answerRequests((_, path, _) -> {
      String[] parts = path.split("/", -1);
      String hostname = guestNames.get(parts[parts.length - 2]);
      if (hostname == null) {
        throw FakeKubeApi.exception(Reason.SERVER_ERROR, "no guest agent");
      }
      assertThat(path)
          .matches(
              "/apis/subresources.kubevirt.io/v1/namespaces/vms/virtualmachineinstances/[^/]+/guestosinfo");
      return Optional.of(json("{\"hostname\": \"" + hostname + "\"}"));
    });
    var instances =
        new HarvesterInstances(
            "vms",
            new HarvesterInstances.Caches(
                hosts.informer(KubeVirtTypes.VIRTUAL_MACHINE, Scope.namespace("vms")),
                hosts.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, Scope.namespace("vms")),
                guests.informer(CoreTypes.NODE, Scope.ALL)),
            host,
            policy,
            _ -> false,
            (_, _, _, _) -> {},
            timeline);
    hosts.start();
    guests.start();
    return instances;
  }

  private HarvesterInstances start() {
    return start(NodePolicy.DEFAULT);
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private void machine(String name) {
    hostStore.put(
        KubeVirtTypes.VIRTUAL_MACHINE,
        json(
            """
            {"metadata": {"name": "%s", "namespace": "vms", "uid": "u-%s"},
             "spec": {"runStrategy": "RerunOnFailure", "template": {}}}
            """
                .formatted(name, name)));
    run(name, "{\"uid\": \"u-" + name + "\"}");
  }

  private void run(String name, String owner) {
    run(name, owner, "");
  }

  /// @param conditions JSON objects, comma separated
  private void run(String name, String owner, String conditions) {
    hostStore.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
        json(
            """
            {"metadata": {"name": "%s", "namespace": "vms", "uid": "r-%s",
               "ownerReferences": [%s]},
             "spec": {"domain": {"firmware": {"uuid": "UUID-%s"}},
                "networks": [{"name": "nic-0", "multus": {"networkName": "default/vlan1"}}]},
             "status": {"phase": "Running", "conditions": [%s],
                "interfaces": [{"name": "nic-0", "ipAddresses": ["10.0.0.5"]}]}}
            """
                .formatted(name, name, owner, name, conditions)));
  }

  private V1Node node(String name, String providerId) {
    return node(name, providerId, "");
  }

  private V1Node node(String name, String providerId, String uuid) {
    return guestStore.put(
        CoreTypes.NODE,
        LenientJson.gson()
            .fromJson(
                """
                {"metadata": {"name": "%s", "labels": {"pool": "a"}},
                 "spec": {"providerID": "%s", "taints": [
                    {"key": "node.cloudprovider.kubernetes.io/uninitialized",
                     "effect": "NoSchedule"}]},
                 "status": {"nodeInfo": {"systemUUID": "%s"}}}
                """
                    .formatted(name, providerId, uuid),
                V1Node.class));
  }

  private static String providerId(MetadataResult result) {
    return ((MetadataResult.Known) result).metadata().providerId();
  }

  private List<String> calls() {
    return host.calls().stream().map(FakeCall::toString).toList();
  }

  @Test
  void asksTheAgentsOnlyWhenNothingElseFits() {
    var instances = start();
    machine("n1");
    machine("n2");
    guestNames.put("n1", "Web-1");
    guestNames.put("n2", "web-2");
    assertThat(providerId(instances.metadata(node("n1", "")))).isEqualTo("harvester://u-n1");
    assertThat(providerId(instances.metadata(node("other", "", "uuid-n2"))))
        .isEqualTo("harvester://u-n2");
    assertThat(calls()).isEmpty();
    assertThat(providerId(instances.metadata(node("web-1", "")))).isEqualTo("harvester://u-n1");
    assertThat(calls()).hasSize(2);
  }

  @Test
  void asksNoAgentOfAMachineThatIsANodeAndNoneTwiceWithinAMinute() {
    var instances = start();
    machine("n1");
    machine("n2");
    node("n1", "harvester://u-n1");
    V1Node metal = node("metal", "");
    assertThat(instances.metadata(metal)).isInstanceOf(MetadataResult.NotOurs.class);
    assertThat(instances.metadata(metal)).isInstanceOf(MetadataResult.NotOurs.class);
    assertThat(calls()).hasSize(1);
    assertThat(calls().getFirst()).contains("n2/guestosinfo");
    timeline.advance(Duration.ofSeconds(61));
    guestNames.put("n2", "metal");
    assertThat(providerId(instances.metadata(metal))).isEqualTo("harvester://u-n2");
  }

  @Test
  void aNodeThatWasThereFirstIsLookedAtWhenAMachineComesAndWhenItsAgentDoes() {
    List<String> woken = new ArrayList<>();
    var instances = start();
    instances.onChange(woken::add);
    V1Node web = node("web-1", "");
    node("done", "harvester://u-other");
    assertThat(instances.metadata(web)).isInstanceOf(MetadataResult.NotOurs.class);
    machine("n1");
    // Once for the machine, once for its run.
    assertThat(woken).containsExactly("web-1", "web-1");
    assertThat(instances.metadata(web)).isInstanceOf(MetadataResult.NotOurs.class);
    woken.clear();
    guestNames.put("n1", "web-1");
    run("n1", "{\"uid\": \"u-n1\"}", "{\"type\": \"Ready\", \"status\": \"True\"}");
    assertThat(woken).isEmpty();
    run("n1", "{\"uid\": \"u-n1\"}", "{\"type\": \"AgentConnected\", \"status\": \"True\"}");
    assertThat(woken).containsExactly("web-1");
    assertThat(providerId(instances.metadata(web))).isEqualTo("harvester://u-n1");
  }

  @Test
  void twoGuestsOfOneNameAreAmbiguous() {
    var instances = start();
    machine("n1");
    machine("n2");
    guestNames.put("n1", "web");
    guestNames.put("n2", "web");
    assertThat(instances.metadata(node("web", "")))
        .isInstanceOfSatisfying(
            MetadataResult.NotYet.class,
            notYet -> {
              assertThat(notYet.reason()).isEqualTo("MachineAmbiguous");
              assertThat(notYet.message()).contains("n1", "n2");
            });
  }

  @Test
  void asksNobodyWhenToldSo() {
    var instances =
        start(new NodePolicy(NodeAddressPolicy.DEFAULT, LabelSelector.ALL, List.of(), true, false));
    machine("n1");
    guestNames.put("n1", "web");
    assertThat(instances.metadata(node("web", ""))).isInstanceOf(MetadataResult.NotOurs.class);
    assertThat(calls()).isEmpty();
  }

  @Test
  void aHostThatIsAwayIsAnErrorAndNotAStranger() {
    var instances = start();
    machine("n1");
    host.failAll(Reason.UNREACHABLE);
    assertThatThrownBy(() -> instances.metadata(node("web", "")))
        .isInstanceOf(KubeApiException.class);
  }

  @Test
  void leavesNodesAloneThatTheSelectorDoesNotSelect() {
    var instances =
        start(
            new NodePolicy(
                NodeAddressPolicy.DEFAULT,
                NodePolicy.parseSelector("--node-selector", "pool=b"),
                List.of(),
                true,
                true));
    machine("n1");
    V1Node node = node("n1", "harvester://u-n1");
    assertThat(instances.metadata(node)).isInstanceOf(MetadataResult.NotOurs.class);
    assertThat(instances.existence(node)).isInstanceOf(Existence.Undecided.class);
    assertThat(instances.power(node)).isInstanceOf(PowerState.Undecided.class);
    assertThat(calls()).isEmpty();
  }

  @Test
  void oneReadByTheNameOnceSeenIsProofOfAbsence() {
    var instances = start();
    machine("n1");
    V1Node node = node("web-1", "harvester://u-n1");
    hostStore.drop(KubeVirtTypes.VIRTUAL_MACHINE, ObjectKey.of("vms", "n1"));
    hostStore.drop(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, ObjectKey.of("vms", "n1"));
    assertThat(instances.confirmExistence(node)).isInstanceOf(Existence.Missing.class);
    assertThat(calls()).hasSize(2).allMatch(call -> call.startsWith("get"));
  }

  @Test
  void withoutAMemoryOnlyTheListIsProofOfAbsence() {
    var instances = start();
    V1Node node = node("web-1", "harvester://u-n1");
    assertThat(instances.confirmExistence(node)).isInstanceOf(Existence.Missing.class);
    assertThat(calls()).anyMatch(call -> call.startsWith("list virtualmachines."));
    host.forgetCalls();
    hosts.pause();
    machine("n1");
    assertThat(instances.confirmExistence(node)).isEqualTo(new Existence.Exists());
  }

  @Test
  void aMachineMadeAgainUnderTheSameNameIsNoProofOfLife() {
    var instances = start();
    machine("n1");
    V1Node node = node("n1", "harvester://earlier");
    assertThat(instances.existence(node)).isInstanceOf(Existence.Missing.class);
    assertThat(instances.confirmExistence(node)).isInstanceOf(Existence.Missing.class);
  }

  @Test
  void aRunThatOutlivedItsMachineKeepsTheNode() {
    var instances = start();
    machine("n1");
    V1Node node = node("web-1", "harvester://u-n1", "uuid-n1");
    hostStore.drop(KubeVirtTypes.VIRTUAL_MACHINE, ObjectKey.of("vms", "n1"));
    assertThat(instances.existence(node)).isEqualTo(new Existence.Exists());
    assertThat(instances.power(node)).isEqualTo(new PowerState.Running());
    // Deleted with its run left to itself: the owner is taken away.
    run("n1", "");
    assertThat(instances.existence(node)).isEqualTo(new Existence.Exists());
    assertThat(providerId(instances.metadata(node))).isEqualTo("harvester://u-n1");
    hosts.pause();
    assertThat(instances.confirmExistence(node)).isEqualTo(new Existence.Exists());
  }

  @Test
  void aHostWithoutVirtualMachinesIsNoProof() {
    var instances = start();
    V1Node node = node("n1", "harvester://u-n1");
    host.failAll(Reason.NOT_FOUND);
    assertThatThrownBy(() -> instances.confirmExistence(node)).isInstanceOf(KubeApiException.class);
  }

  @Test
  void manyNodesCostOneListOfEachKind() {
    var instances = start();
    hosts.pause();
    machine("n3");
    List<V1Node> nodes = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      nodes.add(node("web-" + i, "harvester://u-n" + i));
    }
    Map<String, Existence> confirmed = instances.confirmExistence(nodes);
    assertThat(confirmed.get("web-3")).isEqualTo(new Existence.Exists());
    assertThat(confirmed.get("web-1")).isInstanceOf(Existence.Missing.class);
    assertThat(confirmed.get("web-4")).isInstanceOf(Existence.Missing.class);
    assertThat(calls().stream().filter(call -> call.startsWith("list"))).hasSize(2);
  }

  @Test
  void aHostThatIsAwayLeavesManyNodesUndecided() {
    var instances = start();
    V1Node node = node("n1", "harvester://u-n1");
    host.failAll(Reason.UNREACHABLE);
    assertThat(instances.confirmExistence(List.of(node)).get("n1"))
        .isInstanceOf(Existence.Undecided.class);
  }
}
