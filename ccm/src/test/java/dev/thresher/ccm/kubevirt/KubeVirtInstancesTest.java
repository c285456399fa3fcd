package dev.thresher.ccm.kubevirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeVirtInstancesTest {

  private static final ObjectKey N1 = ObjectKey.of("vms", "n1");
  private static final String INTERNAL =
      "'status': {'addresses': [{'type': 'InternalIP', 'address': '10.0.0.1'}]}";

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final FakeStore hostStore = new FakeStore();
  private final FakeStore guestStore = new FakeStore();
  private final FakeKubeApi host = new FakeKubeApi("host", hostStore);
  private final FakeInformers hosts = new FakeInformers(hostStore, timeline);
  private final FakeInformers guests = new FakeInformers(guestStore, timeline);
  private final List<String> woken = new ArrayList<>();
  private final KubeVirtInstances instances =
      new KubeVirtInstances(
          "vms",
          hosts.informer(KubeVirtTypes.VIRTUAL_MACHINE, Scope.namespace("vms")),
          hosts.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, Scope.namespace("vms")),
          guests.informer(CoreTypes.NODE, Scope.ALL),
          Optional.of(hosts.informer(CoreTypes.NODE, Scope.ALL)),
          host,
          new HeldAddresses(guests.informer(CoreTypes.SERVICE, Scope.ALL)));

  @BeforeEach
  void start() {
    hostStore.serve(KubeVirtTypes.VIRTUAL_MACHINE);
    hostStore.serve(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE);
    instances.onChange(woken::add);
    hosts.start();
    guests.start();
    hostStore.put(
        CoreTypes.NODE,
        json(
            """
            {"metadata": {"name": "h1", "labels": {"topology.kubernetes.io/zone": "z1",
              "topology.kubernetes.io/region": "r1"}}}
            """));
    woken.clear();
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private void machine(String name, String uid) {
    hostStore.put(
        KubeVirtTypes.VIRTUAL_MACHINE,
        json(
            "{'metadata': {'name': '%s', 'namespace': 'vms', 'uid': '%s'}, 'spec': {'template': {}}}"
                .formatted(name, uid)));
  }

  private void run(String name, String owner, String spec, String status) {
    hostStore.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
        json(
            """
            {'metadata': {'name': '%1$s', 'namespace': 'vms', 'uid': 'run-%1$s',
               'annotations': {'kubevirt.io/instancetype-name': 'small'},
               'ownerReferences': [{'apiVersion': 'kubevirt.io/v1', 'kind': 'VirtualMachine',
                 'name': '%1$s', 'uid': '%2$s'}]},
             'spec': {%3$s},
             'status': {'phase': 'Running', 'nodeName': 'h1',
               'interfaces': [{'name': 'default', 'ipAddresses': ['10.0.0.1', 'fd00::1', 'fe80::1']},
                 {'name': 'other', 'ipAddresses': ['10.9.9.9']}] %4$s}}
            """
                .formatted(name, owner, spec, status)));
  }

  private void run(String spec, String status) {
    run("n1", "u1", spec, status);
  }

  private V1Node node(String text) {
    JsonObject node = json("{'metadata': {'name': 'n1'}, 'spec': {}}");
    json("{" + text + "}").entrySet().forEach(e -> node.add(e.getKey(), e.getValue()));
    return guestStore.put(CoreTypes.NODE, node) == null
        ? new V1Node()
        : guestStore
            .get(
                CoreTypes.NODE,
                ObjectKey.cluster(node.getAsJsonObject("metadata").get("name").getAsString()))
            .orElseThrow();
  }

  private V1Node ours() {
    return node("'spec': {'providerID': 'kubevirt://n1'}, " + INTERNAL);
  }

  private InstanceMetadata known(V1Node node) {
    assertThat(instances.metadata(node)).isInstanceOf(MetadataResult.Known.class);
    return ((MetadataResult.Known) instances.metadata(node)).metadata();
  }

  @Test
  void knowsAllOfAMachine() {
    machine("n1", "u1");
    run("", "");
    InstanceMetadata metadata = known(node(""));
    assertThat(metadata.providerId()).isEqualTo("kubevirt://n1");
    assertThat(metadata.instanceType()).isEqualTo("small");
    assertThat(metadata.addresses())
        .containsExactly(
            new MachineAddress(MachineAddress.Type.INTERNAL_IP, "10.0.0.1"),
            new MachineAddress(MachineAddress.Type.INTERNAL_IP, "fd00::1"));
    assertThat(metadata.zone()).isEqualTo("z1");
    assertThat(metadata.region()).isEqualTo("r1");
    assertThat(metadata.additionalLabels()).containsEntry("thresher.dev/machine-uid", "u1");
    assertThat(host.calls()).as("all of it from caches").isEmpty();
  }

  @Test
  void theClustersInstanceTypeComesFirstAndTheSizeLast() {
    machine("n1", "u1");
    run("'domain': {'cpu': {'cores': 2, 'sockets': 2}, 'memory': {'guest': '4Gi'}}", "");
    JsonObject both = hostStore.getJson(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, N1).orElseThrow();
    both.getAsJsonObject("metadata")
        .getAsJsonObject("annotations")
        .addProperty("kubevirt.io/cluster-instancetype-name", "u1.large");
    hostStore.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, both);
    assertThat(known(node("")).instanceType()).isEqualTo("u1.large");
    both.getAsJsonObject("metadata").remove("annotations");
    hostStore.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, both);
    assertThat(known(node("")).instanceType()).isEqualTo("4cpu-4Gi");
  }

  @Test
  void withoutANetworkNamedDefaultThePodNetworkCounts() {
    machine("n1", "u1");
    run(
        "'networks': [{'name': 'x', 'multus': {'networkName': 'a'}}, {'name': 'other', 'pod': {}}]",
        "");
    assertThat(known(node("")).addresses())
        .containsExactly(new MachineAddress(MachineAddress.Type.INTERNAL_IP, "10.9.9.9"));
  }

  @Test
  void aVirtualAddressIsNoNodes() {
    machine("n1", "u1");
    run("", "");
    guestStore.put(
        CoreTypes.SERVICE,
        json(
            """
            {"metadata": {"name": "s", "namespace": "default",
               "annotations": {"kube-vip.io/loadbalancerIPs": "10.0.0.1, fd00:0::1"}}, "spec": {}}
            """));
    assertThat(instances.metadata(node(""))).isInstanceOf(MetadataResult.NotYet.class);
  }

  /// Which machine a node is. The machines are n1 (host name x1) and n2 (host name x2).
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          'metadata': {'name': 'n1'}                                                                 | kubevirt://n1
          'metadata': {'name': 'x2'}                                                                 | kubevirt://n2
          'metadata': {'name': 'zz', 'labels': {'node.kubernetes.io/instance-id': 'n2'}}             | kubevirt://n2
          'metadata': {'name': 'n1', 'labels': {'node.kubernetes.io/instance-id': 'n2'}}             | kubevirt://n2
          'metadata': {'name': 'n1', 'labels': {'node.kubernetes.io/instance-id': 'gone'}}           | NotOurs
          'metadata': {'name': 'n1'}, 'spec': {'providerID': 'kubevirt://n2'}                        | kubevirt://n2
          'metadata': {'name': 'n1'}, 'spec': {'providerID': 'kubevirt://gone'}                      | NotYet
          'metadata': {'name': 'n1'}, 'spec': {'providerID': 'harvester://u1'}                       | NotOurs
          'metadata': {'name': 'n1'}, 'spec': {'providerID': 'kubevirt://'}                          | NotOurs
          'metadata': {'name': 'stranger'}                                                           | NotOurs
          'metadata': {'name': 'twice'}                                                              | NotYet
          """)
  void findsTheMachine(String node, String wanted) {
    machine("n1", "u1");
    machine("n2", "u2");
    run("n1", "u1", "'hostname': 'x1'", "");
    run("n2", "u2", "'hostname': 'x2'", "");
    run("t1", "t1", "'hostname': 'twice'", "");
    run("t2", "t2", "'hostname': 'twice'", "");
    MetadataResult result = instances.metadata(node(node));
    assertThat(
            switch (result) {
              case MetadataResult.Known(var metadata) -> metadata.providerId();
              case MetadataResult.NotOurs _ -> "NotOurs";
              case MetadataResult.NotYet _ -> "NotYet";
            })
        .isEqualTo(wanted);
  }

  /// Exists and power, by what there is of the machine.
  @ParameterizedTest
  @CsvSource({
    "yes, Running, Exists, Running",
    "yes, Scheduling, Exists, Running",
    "yes, '', Exists, Running",
    "yes, Succeeded, Exists, ShutDown",
    "yes, Failed, Exists, ShutDown",
    "yes, Unknown, Exists, Undecided",
    "yes, Strange, Exists, Undecided",
    "yes, none, Exists, ShutDown",
    "no, Running, Exists, Running",
    "no, Failed, Exists, ShutDown",
    "no, none, Missing, Undecided",
  })
  void existsAndRuns(String machine, String phase, String existence, String power) {
    if (machine.equals("yes")) {
      machine("n1", "u1");
    }
    if (!phase.equals("none")) {
      run("", ", 'phase': '" + phase + "'");
    }
    V1Node node = ours();
    assertThat(instances.existence(node).getClass().getSimpleName()).isEqualTo(existence);
    assertThat(instances.confirmExistence(node).getClass().getSimpleName()).isEqualTo(existence);
    assertThat(instances.power(node).getClass().getSimpleName()).isEqualTo(power);
  }

  /// A machine that was made again under the same name.
  @ParameterizedTest
  @CsvSource({
    "u1, a, a, Exists",
    "u1, a, b, Exists",
    "u2, a, a, Exists",
    "u2, a, b, Missing",
    "u2, '', b, Exists",
    "u2, a, '', Exists",
  })
  void aMachineThatWasMadeAgainIsAnother(
      String recorded, String ofNode, String ofMachine, String wanted) {
    machine("n1", "u1");
    run("'domain': {'firmware': {'uuid': '" + ofMachine + "'}}", "");
    V1Node node =
        node(
            "'metadata': {'name': 'n1', 'labels': {'thresher.dev/machine-uid': '"
                + recorded
                + "'}}, 'spec': {'providerID': 'kubevirt://n1'}, 'status': {'nodeInfo': {'systemUUID': '"
                + ofNode.toUpperCase(Locale.ROOT)
                + "'}}");
    assertThat(instances.existence(node).getClass().getSimpleName()).isEqualTo(wanted);
    assertThat(instances.confirmExistence(node).getClass().getSimpleName()).isEqualTo(wanted);
  }

  @Test
  void asksTheHostItselfBeforeANodeMayGo() {
    V1Node node = ours();
    hosts.pause();
    machine("n1", "u1");
    assertThat(instances.existence(node)).isInstanceOf(Existence.Missing.class);
    assertThat(instances.confirmExistence(node)).isInstanceOf(Existence.Exists.class);
  }

  @Test
  void aHostThatCannotBeAskedIsAnError() {
    V1Node node = ours();
    host.failAll(Reason.NOT_FOUND);
    assertThatThrownBy(() -> instances.confirmExistence(node))
        .as("KubeVirt is not there")
        .isInstanceOf(KubeApiException.class);
  }

  @Test
  void aSilentOrMigratingMachineChangesNothing() {
    machine("n1", "u1");
    run("", ", 'migrationState': {}");
    assertThat(known(ours()).addresses()).isEmpty();
    assertThat(known(ours()).zone()).isEmpty();
    run("", ", 'interfaces': []");
    assertThat(known(ours()).addresses()).isEmpty();
    assertThat(instances.metadata(node(""))).isInstanceOf(MetadataResult.NotYet.class);
  }

  @Test
  void anEarlierMachinesRunIsNotThisOnes() {
    machine("n1", "u2");
    run("", "");
    assertThat(instances.power(ours())).isInstanceOf(PowerState.ShutDown.class);
  }

  @Test
  void wakesTheNodesUpThatAMachineConcerns() {
    node("'metadata': {'name': 'by-id'}, 'spec': {'providerID': 'kubevirt://n1'}");
    node("'metadata': {'name': 'by-label', 'labels': {'node.kubernetes.io/instance-id': 'n1'}}");
    node("'metadata': {'name': 'by-host'}");
    node("'metadata': {'name': 'n1'}");
    node("'metadata': {'name': 'stranger'}");
    woken.clear();
    run("'hostname': 'by-host'", "");
    assertThat(woken).containsExactlyInAnyOrder("by-id", "by-label", "by-host", "n1");
  }

  @Test
  void followsTheZoneOfTheHostNode() {
    machine("n1", "u1");
    run("", "");
    V1Node node = ours();
    woken.clear();
    JsonObject hostNode = hostStore.getJson(CoreTypes.NODE, ObjectKey.cluster("h1")).orElseThrow();
    hostNode
        .getAsJsonObject("metadata")
        .getAsJsonObject("labels")
        .addProperty("topology.kubernetes.io/zone", "z2");
    hostStore.put(CoreTypes.NODE, hostNode);
    assertThat(woken).containsExactly("n1");
    assertThat(known(node).zone()).isEqualTo("z2");
  }

  @Test
  void theMachineBehindANodeHasItsAddresses() {
    machine("n1", "u1");
    run("", "");
    assertThat(instances.of(ours()).orElseThrow().addresses())
        .containsExactly(IpAddress.parse("10.0.0.1"), IpAddress.parse("fd00::1"));
    assertThat(instances.of(node("'spec': {'providerID': 'aws://x'}"))).isEmpty();
  }
}
