package dev.thresher.vip.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.net.NodeNetwork;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Vlans;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordStatusTest {

  private static final InterfaceSettings FOUND = InterfaceSettings.started(InterfaceNames.NONE);
  private static final String THEN = "2030-01-01T00:00:00Z";
  private static final String NOW = "2030-01-02T00:00:00Z";
  private static final JsonObject NOTHING = new JsonObject();

  @Test
  void showsAllThatIsKnownOfAnInterface() {
    LinuxNetwork network =
        new Pictures()
            .link("br0", "bridge", "fd00::1/64", "10.0.0.1/24", "fe80::1/64")
            .but(link -> Pictures.vlans(link, 0, new Vlans(true, List.of())))
            .via("10.0.0.254")
            .link("eth1", "")
            .but(link ->
                Pictures.vlans(
                    link,
                    1,
                    new Vlans(false, List.of(new Vlans.Range(1, 1), new Vlans.Range(100, 199)))))
            .picture();
    JsonObject expected =
        JsonParser.parseString(
                """
                {"setting": "", "interfacesOmitted": 0,
                 "interfaces": [
                  {"name": "br0", "index": 1, "type": "bridge", "mac": "02:00:00:00:00:01",
                   "state": "up", "mtu": 1500,
                   "addresses": ["10.0.0.1/24", "fd00::1/64", "fe80::1/64"],
                   "promiscuous": true, "vlanFiltering": true, "vlans": [], "used": true,
                   "routes": [
                     {"destination": "0.0.0.0/0", "gateway": "10.0.0.254", "metric": 100}],
                   "routesOmitted": 0,
                   "conditions": [{"type": "Ready", "status": "True", "reason": "Running",
                     "message": "", "lastTransitionTime": "2030-01-02T00:00:00Z"}]},
                  {"name": "eth1", "index": 2, "type": "device", "mac": "02:00:00:00:00:02",
                   "state": "up", "mtu": 1500, "addresses": [], "master": "br0",
                   "promiscuous": true, "vlans": ["1", "100-199"], "used": false,
                   "routes": [], "routesOmitted": 0,
                   "conditions": [{"type": "Ready", "status": "True", "reason": "Running",
                     "message": "", "lastTransitionTime": "2030-01-02T00:00:00Z"}]}],
                 "conditions": [{"type": "Ready", "status": "True", "reason": "InterfacesReady",
                   "message": "br0", "lastTransitionTime": "2030-01-02T00:00:00Z"}]}
                """)
            .getAsJsonObject();
    assertThat(RecordStatus.of(network, FOUND, NOTHING, NOW)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "true, true, 1500, True, Running, up",
    "true, false, 1500, False, NoCarrier, no-carrier",
    "false, false, 1500, False, Down, down",
    "true, true, 1000, True, OnlyIPv4, up"
  })
  void judgesAnInterface(
      boolean up, boolean carrier, int mtu, String status, String reason, String state) {
    LinuxNetwork network =
        new Pictures()
            .link("eth0", "", "10.0.0.1/24")
            .but(link -> Pictures.state(Pictures.mtu(link, mtu), up, carrier))
            .picture();
    JsonObject record = RecordStatus.of(network, FOUND, NOTHING, NOW);
    JsonObject shown = record.getAsJsonArray("interfaces").get(0).getAsJsonObject();
    assertThat(shown.get("state").getAsString()).isEqualTo(state);
    assertThat(ready(shown).get("status").getAsString()).isEqualTo(status);
    assertThat(ready(shown).get("reason").getAsString()).isEqualTo(reason);
    assertThat(ready(record).get("status").getAsString()).isEqualTo(status);
  }

  @Test
  void theSummaryIsThatOfTheWorstInterfaceInUse() {
    LinuxNetwork network =
        new Pictures()
            .link("eth0", "", "10.0.0.1/24")
            .link("eth1", "", "10.1.0.1/24")
            .but(link -> Pictures.state(link, true, false))
            .link("eth2", "")
            .but(link -> Pictures.state(link, false, false))
            .picture();
    JsonObject summary = ready(RecordStatus.of(network, FOUND, NOTHING, NOW));
    assertThat(summary.get("status").getAsString()).isEqualTo("False");
    assertThat(summary.get("reason").getAsString()).isEqualTo("NoCarrier");
    assertThat(summary.get("message").getAsString()).startsWith("eth1: ").doesNotContain("eth2");
  }

  /// It is the bridge or bond that has the networks, and that answers.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "eth1      | br-data                | True ",
        "eth0,eth1 | br-data eth0           | True ",
        "eth*      | bond1 br-data eth0     | False",
        "br-data   | br-data                | True ",
        "eth2      | bond1                  | False",
        "eth1,eth2 | bond1 br-data          | False",
        "*         | bond1 br-data eth0     | False"
      })
  void aPortThatIsNamedStandsForItsMaster(String names, String wanted, String ready) {
    LinuxNetwork network =
        new Pictures()
            .link("eth0", "", "10.0.0.1/24")
            .link("br-data", "bridge", "10.1.0.1/24")
            .link("eth1", "")
            .but(link -> Pictures.vlans(link, 2, Vlans.NONE))
            .link("bond1", "bond", "10.2.0.1/24")
            .but(link -> Pictures.state(link, true, false))
            .link("eth2", "")
            .but(link -> Pictures.vlans(link, 4, Vlans.NONE))
            .picture();
    InterfaceSettings settings = InterfaceSettings.started(InterfaceNames.parse(names));
    JsonObject record = RecordStatus.of(network, settings, NOTHING, NOW);
    assertThat(
            record.getAsJsonArray("interfaces").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .filter(shown -> shown.get("used").getAsBoolean())
                .map(shown -> shown.get("name").getAsString())
                .collect(Collectors.joining(" ")))
        .isEqualTo(wanted);
    assertThat(ready(record).get("status").getAsString()).isEqualTo(ready);
    assertThat(RecordDocument.networks(List.of(record(record))).get("n1"))
        .isEqualTo(
            network.addresses().stream()
                .filter(
                    own -> wanted.contains(network.link(own.interfaceIndex()).orElseThrow().name()))
                .map(own -> new Prefix(own.address(), own.prefixLength()))
                .collect(Collectors.toSet()));
  }

  private static NodeNetwork record(JsonObject status) {
    JsonObject object = RecordDocument.create("n1", "uid");
    object.add("status", status);
    return Objects.requireNonNull(LenientJson.gson().fromJson(object, NodeNetwork.class));
  }

  @Test
  void aNodeWithoutTheWantedInterfaceSaysSo() {
    LinuxNetwork network = new Pictures().link("eth0", "", "10.0.0.1/24").picture();
    JsonObject summary =
        ready(
            RecordStatus.of(
                network,
                new InterfaceSettings(
                    InterfaceNames.parse("bond0,bond1"), InterfaceNames.NONE, "rack-2"),
                NOTHING,
                NOW));
    assertThat(summary.get("reason").getAsString()).isEqualTo("NoInterface");
    assertThat(summary.get("message").getAsString())
        .contains("bond0,bond1", "NodeNetworkSetting rack-2", "there are: eth0");
  }

  @Test
  void anInterfaceThatIsNotEthernetCanBeUsedByNobody() {
    LinuxNetwork network =
        new Pictures().link("ib0", "", "10.0.0.1/24").but(Pictures::infiniband).picture();
    InterfaceSettings named = InterfaceSettings.started(InterfaceNames.parse("ib0"));
    JsonObject record = RecordStatus.of(network, named, NOTHING, NOW);
    assertThat(ready(record).get("reason").getAsString()).isEqualTo("NotEthernet");
    assertThat(record.getAsJsonArray("interfaces").get(0).getAsJsonObject().has("mac")).isFalse();
  }

  @Test
  void aTimeChangesOnlyWithItsStatus() {
    Pictures up = new Pictures().link("eth0", "", "10.0.0.1/24");
    JsonObject before = RecordStatus.of(up.picture(), FOUND, NOTHING, THEN);
    LinuxNetwork more = up.link("eth1", "", "10.1.0.1/24").picture();
    JsonObject after = RecordStatus.of(more, FOUND, before, NOW);
    assertThat(ready(after).get("lastTransitionTime").getAsString()).isEqualTo(THEN);
    assertThat(ready(after).get("message").getAsString()).isEqualTo("eth0, eth1");
    assertThat(times(after.getAsJsonArray("interfaces"))).containsExactly(THEN, NOW);
    LinuxNetwork down = up.but(link -> Pictures.state(link, true, false)).picture();
    JsonObject worse = RecordStatus.of(down, FOUND, after, "2030-01-03T00:00:00Z");
    assertThat(ready(worse).get("lastTransitionTime").getAsString())
        .isEqualTo("2030-01-03T00:00:00Z");
    assertThat(times(worse.getAsJsonArray("interfaces")))
        .containsExactly(THEN, "2030-01-03T00:00:00Z");
    assertThat(RecordStatus.of(down, FOUND, worse, "2030-01-04T00:00:00Z")).isEqualTo(worse);
  }

  @Test
  void whatIsTooMuchIsCountedAndTheUsedIsShown() {
    Pictures many = new Pictures();
    for (int i = 0; i < 9; i++) {
      many.link("a" + i, "");
    }
    LinuxNetwork one = many.picture();
    List<Link> links = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      links.add(
          new Link(
              i + 1,
              "x" + (1000 + i),
              one.links().getFirst().mac(),
              true,
              true,
              true,
              1500,
              0,
              ""));
    }
    JsonObject record =
        RecordStatus.of(
            new LinuxNetwork(links, List.of(), List.of()),
            InterfaceSettings.started(InterfaceNames.parse("x1599")),
            NOTHING,
            NOW);
    assertThat(record.getAsJsonArray("interfaces")).hasSize(500);
    assertThat(record.get("interfacesOmitted").getAsInt()).isEqualTo(100);
    assertThat(record.getAsJsonArray("interfaces").toString()).contains("x1599");
  }

  private static List<String> times(JsonArray interfaces) {
    return interfaces.asList().stream()
        .map(shown -> ready(shown.getAsJsonObject()).get("lastTransitionTime").getAsString())
        .toList();
  }

  private static JsonObject ready(JsonObject object) {
    return object.getAsJsonArray("conditions").get(0).getAsJsonObject();
  }
}
