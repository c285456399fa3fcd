package dev.thresher.vip.nodes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.net.NetTypes;
import dev.thresher.api.net.NodeNetwork;
import dev.thresher.api.net.NodeNetworkSetting;
import dev.thresher.api.net.NodeNetworkSettingSpec;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.packet.MacAddress;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeRecordsTest {

  private static final ObjectKey NODE = ObjectKey.cluster("n1");
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String SERVED =
      "{\"resources\": [{\"name\": \"nodenetworks\"}, {\"name\": \"nodenetworksettings\"}]}";

  private final FakeStore store = new FakeStore();
  private final FakeKubeApi api = new FakeKubeApi(store);
  private final SystemTimeline timeline = new SystemTimeline();
  private final Pictures network = new Pictures().link("eth0", "", "10.0.0.1/24").tell();
  private LocalSettings settings =
      new LocalSettings(InterfaceSettings.started(InterfaceNames.NONE));
  private final FakeInformers informers = new FakeInformers(store, timeline);

  @TempDir Path state;

  private NodeRecords records;

  private NodeRecords records() {
    return new NodeRecords(
        "n1",
        api,
        () -> {
          FakeInformers own = new FakeInformers(store, timeline);
          own.start();
          return own;
        },
        informers.informer(CoreTypes.NODE, Scope.ALL),
        new UsedNetwork(network, settings),
        settings,
        Optional.of(new SettingsFile(state)),
        timeline,
        new Metrics());
  }

  @BeforeEach
  void start() throws InterruptedException {
    records = records();
    serve(Optional.of(SERVED));
    timeline.start();
    store.put(
        CoreTypes.NODE,
        new V1Node().metadata(new V1ObjectMeta().name("n1").labels(Map.of("rack", "1"))));
    informers.start();
  }

  @AfterEach
  void stop() {
    records.stop();
    timeline.stop();
  }

  @Test
  void writesItsOwnRecordWhichGoesWithTheNode() throws Exception {
    records.start();
    JsonObject record = awaitText("\"name\":\"eth0\"");
    JsonObject owner =
        record
            .getAsJsonObject("metadata")
            .getAsJsonArray("ownerReferences")
            .get(0)
            .getAsJsonObject();
    assertThat(owner.get("kind").getAsString()).isEqualTo("Node");
    assertThat(owner.get("uid").getAsString())
        .isEqualTo(store.get(CoreTypes.NODE, NODE).orElseThrow().getMetadata().getUid());
    assertThat(records.networks().byNode())
        .containsExactly(Map.entry("n1", Set.of(Prefix.parse("10.0.0.1/24"))));
    assertThat(records.macs())
        .containsExactly(Map.entry(MacAddress.parse("02:00:00:00:00:01"), "n1"));
    records.awaitSettings();
    assertThat(settings.current().source()).isEmpty();
  }

  /// Virtual machines that were copied.
  @Test
  void aMacThatSeveralNodesHaveIsThatOfAll() {
    LinuxNetwork one = network.picture();
    assertThat(
            RecordDocument.macs(
                List.of(record("n2", one), record("n1", one), record("n3", LinuxNetwork.EMPTY))))
        .containsExactly(Map.entry(MacAddress.parse("02:00:00:00:00:01"), "n1, n2"));
  }

  private static NodeNetwork record(String node, LinuxNetwork network) {
    JsonObject object = RecordDocument.create(node, "uid");
    object.add(
        "status",
        RecordStatus.of(
            network, InterfaceSettings.started(InterfaceNames.NONE), new JsonObject(), ""));
    return Objects.requireNonNull(LenientJson.gson().fromJson(object, NodeNetwork.class));
  }

  @Test
  void followsTheNetworkAndWritesNothingWhileItStays() {
    records.start();
    awaitText("10.0.0.1/24");
    network.link("eth1", "", "fd00::1/64").tell();
    awaitText("fd00::1/64");
    await()
        .atMost(SOON)
        .until(() -> records.networks().has("n1", Prefix.parse("fd00::9/64").address()));
    long writes = api.writes().size();
    network.link("veth1", "veth").tell();
    network.tell();
    network.link("eth2", "").tell();
    awaitText("eth2");
    assertThat(api.writes()).hasSize((int) writes + 1);
  }

  @Test
  void healsWhatSomebodyElseWrites() {
    edits();
  }

  private void edits() {
    records.start();
    awaitText("10.0.0.1/24");
    api.patch(
        NetTypes.NODE_NETWORK,
        NODE,
        new Patch.Merge(Patches.nest(new JsonArray(), "status", "interfaces"), "status"));
    assertThat(text()).doesNotContain("10.0.0.1/24");
    awaitText("10.0.0.1/24");
    store.drop(NetTypes.NODE_NETWORK, NODE);
    awaitText("10.0.0.1/24");
  }

  /// A later version of ours, or another program, has fields in the record that this one does not
  /// know.
  @Test
  void fieldsThatSomebodyElseWroteStay() {
    records.start();
    awaitText("10.0.0.1/24");
    JsonObject lldp = JsonParser.parseString("{\"eth0\": \"switch 3, port 7\"}").getAsJsonObject();
    api.patch(
        NetTypes.NODE_NETWORK,
        NODE,
        new Patch.Merge(Patches.nest(lldp, "status", "lldp"), "status"));
    network.link("eth1", "", "fd00::1/64").tell();
    awaitText("fd00::1/64");
    // Healed, for which the record is read first.
    api.patch(
        NetTypes.NODE_NETWORK,
        NODE,
        new Patch.Merge(Patches.nest(new JsonArray(), "status", "interfaces"), "status"));
    JsonObject record = awaitText("fd00::1/64");
    assertThat(record.getAsJsonObject("status").get("lldp")).isEqualTo(lldp);
  }

  @Test
  void makesNoRecordOfANodeThatIsGone() {
    records.start();
    awaitText("10.0.0.1/24");
    store.drop(CoreTypes.NODE, NODE);
    store.drop(NetTypes.NODE_NETWORK, NODE);
    long before = gets();
    await().atMost(SOON).until(() -> gets() > before);
    assertThat(store.getJson(NetTypes.NODE_NETWORK, NODE)).isEmpty();
    assertThat(records.networks()).isEqualTo(KnownNetworks.NONE);
  }

  @Test
  void aSettingThatChoosesTheNodeIsInForce() throws Exception {
    NodeNetworkSettingSpec spec = new NodeNetworkSettingSpec();
    spec.setNodeSelector(Map.of("rack", "1"));
    spec.setInterfaces(List.of("bond0"));
    NodeNetworkSetting setting = new NodeNetworkSetting();
    setting.setMetadata(new V1ObjectMeta().name("rack-1"));
    setting.setSpec(spec);
    store.put(NetTypes.NODE_NETWORK_SETTING, setting);
    records.start();
    records.awaitSettings();
    await().atMost(SOON).until(() -> settings.used().equals(InterfaceNames.parse("bond0")));
    awaitText("NodeNetworkSetting rack-1");
    assertThat(new SettingsFile(state).begun(settings.started()))
        .as("what the next start begins with")
        .isEqualTo(settings.current());
    store.drop(NetTypes.NODE_NETWORK_SETTING, ObjectKey.cluster("rack-1"));
    await().atMost(SOON).until(() -> settings.used().isEmpty());
    awaitText("InterfacesReady");
    assertThat(new SettingsFile(state).begun(settings.started())).isEqualTo(settings.started());
  }

  @Test
  void whatAStartBeganWithHoldsUntilTheServerSaysOtherwise() throws Exception {
    settings =
        new LocalSettings(
            InterfaceSettings.started(InterfaceNames.NONE),
            new InterfaceSettings(InterfaceNames.parse("bond0"), InterfaceNames.NONE, "rack-1"));
    records = records();
    api.failAll(Reason.UNREACHABLE);
    records.start();
    records.awaitSettings();
    assertThat(settings.current().source()).isEqualTo("rack-1");
    api.fault(call -> Optional.empty());
    await().atMost(SOON).until(() -> settings.used().isEmpty());
  }

  @Test
  void worksWithoutTheDefinitions() throws Exception {
    serve(Optional.empty());
    records.start();
    records.awaitSettings();
    assertThat(settings.used().isEmpty()).isTrue();
    assertThat(api.writes()).isEmpty();
  }

  @Test
  void goesOnWhenTheServerComesBack() {
    api.failAll(Reason.UNREACHABLE);
    records.start();
    long before = api.calls().size();
    await().atMost(SOON).until(() -> api.calls().size() > before + 1);
    api.fault(call -> Optional.empty());
    awaitText("10.0.0.1/24");
  }

  /// The role that is shipped allows what is done, and nothing else.
  @Test
  void theRoleAllowsWhatIsDone() throws IOException {
    edits();
    var done = new TreeSet<String>();
    for (FakeCall call : api.calls()) {
      if (call.resource().startsWith("nodenetwork")) {
        done.add(
            call.resource().replace(".net.thresher.dev", "")
                + (call.subresource().isEmpty() ? "" : "/" + call.subresource())
                + " "
                + call.verb());
      }
    }
    for (String watched : List.of("nodenetworks", "nodenetworksettings")) {
      done.add(watched + " list");
      done.add(watched + " watch");
    }
    String rules =
        Files.readString(Path.of("../charts/vip-manager/files/rbac.yaml"))
            .lines()
            .map(String::strip)
            .collect(Collectors.joining(" "));
    var allowed = new TreeSet<String>();
    var rule =
        Pattern.compile(
            "apiGroups: \\[net.thresher.dev\\] resources: \\[([^]]*)\\] verbs: \\[([^]]*)\\]");
    rule.matcher(rules)
        .results()
        .forEach(found -> {
          for (String verb : found.group(2).split(", ", -1)) {
            allowed.add(found.group(1) + " " + verb);
          }
        });
    assertThat(allowed).isEqualTo(done);
  }

  /// The record of a node is of a kind of ours: those of Harvester's network controller are neither
  /// read nor written.
  @Test
  void noRoleNamesObjectsOfHarvesterButItsPools() throws IOException {
    var named = new TreeSet<String>();
    try (Stream<Path> files = Files.list(Path.of("../charts/vip-manager/files"))) {
      for (Path file : files.toList()) {
        Pattern.compile("apiGroups: \\[([^]]*)]\\s+resources: \\[([^]]*)]")
            .matcher(Files.readString(file))
            .results()
            .filter(rule -> rule.group(1).contains("harvester"))
            .forEach(rule -> named.add(rule.group(1) + " " + rule.group(2)));
      }
    }
    assertThat(named).containsExactly("loadbalancer.harvesterhci.io ippools");
    assertThat(List.of(NetTypes.NODE_NETWORK, NetTypes.NODE_NETWORK_SETTING))
        .allMatch(type -> type.group().equals("net.thresher.dev"))
        .noneMatch(type -> List.of("Node", "Host").contains(type.kind()));
  }

  private void serve(Optional<String> resources) {
    api.answerRequests((method, path, body) ->
        path.equals("/apis/net.thresher.dev/v1alpha1")
            ? resources.map(text -> JsonParser.parseString(text).getAsJsonObject())
            : Optional.empty());
  }

  private long gets() {
    return api.calls().stream().filter(call -> call.verb().equals("get")).count();
  }

  private String text() {
    return store.getJson(NetTypes.NODE_NETWORK, NODE).map(JsonObject::toString).orElse("");
  }

  private JsonObject awaitText(String part) {
    await().atMost(SOON).until(() -> text().contains(part));
    return store.getJson(NetTypes.NODE_NETWORK, NODE).orElseThrow();
  }
}
