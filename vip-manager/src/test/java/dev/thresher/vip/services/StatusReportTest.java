package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.AddressGroup;
import dev.thresher.vip.election.Holder;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.election.RightStanding;
import dev.thresher.vip.election.RightStanding.Council;
import dev.thresher.vip.election.RightStanding.Voter;
import dev.thresher.vip.election.RightStanding.Words;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Serves;
import dev.thresher.vip.l2.Fence;
import dev.thresher.vip.nodes.KnownNetworks;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatusReportTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final InetAddress V4 = ip("10.0.0.100");
  private static final InetAddress VIP = ip("10.0.0.200");
  private static final Holder HOLDER = Holder.heard("n1", "a", 7);
  private static final String ON = "10.0.0.0/24";
  private static final RightStanding STANDING =
      new RightStanding(
          RightStanding.By.MAJORITY,
          Optional.of(Duration.ofMillis(312)),
          Optional.of(
              new Council(
                  5,
                  2,
                  false,
                  false,
                  new TreeMap<>(
                      Map.of("n1", new Voter(true, true), "n9", new Voter(false, false))))),
          new TreeMap<>(Map.of("n9", "takes no part, last heard 700 ms ago")),
          Map.of(
              V4,
              new Words(
                  new TreeSet<>(Set.of("n1")),
                  new TreeMap<>(Map.of("n3", "promised to n2")),
                  "n2")),
          new TreeMap<>(),
          "");

  private final Map<String, NodeLinks> nodes = new TreeMap<>();
  private final Map<String, String> barred = new HashMap<>();
  private Keeping keeping = Keeping.NOTHING;
  private KnownNetworks networks = KnownNetworks.NONE;
  private boolean local;
  private List<Unheld> unheld = List.of();

  private void node(String name, String subnet) {
    nodes.put(
        name,
        new NodeLinks(
            "",
            List.of(new NodeLinks.NodeLink("eth0", List.of(Prefix.parse(subnet)), true, true))));
  }

  private JsonObject report() {
    Map<String, NodeLease> live = new HashMap<>();
    nodes.forEach((name, links) -> live.put(name, NodeLease.heard(name, "a", List.of(), links)));
    RightView view = new RightView(live, Map.of(V4, HOLDER), Optional.empty(), true, 1);
    Assignment assignment =
        Assignment.of(
            new Assignment.Snapshot(
                List.of(
                    new ServiceReading.Asks(
                        WEB, List.of(V4), "", local, false, List.of(), List.of())),
                Optional.of(new ControlPlaneWish(AddressGroup.of(VIP), "")),
                key -> new EndpointView(true, Set.of("n1", "n2")),
                barred,
                view,
                keeping,
                networks,
                Map.of(),
                Set.of(),
                0),
            new Assignment.Settings("n1", 1.25, false));
    return StatusReport.of(
        new StatusReport.Facts(
            "n1",
            Optional.empty(),
            Fence.KERNEL,
            STANDING,
            view,
            Map.of(V4, new HolderTimes.Since(HOLDER, 1_000_000_000L, true)),
            assignment,
            keeping,
            address -> Optional.empty(),
            barred,
            networks,
            unheld,
            62_000_000_000L));
  }

  private JsonObject of(InetAddress address) {
    JsonObject report = report();
    return IntStream.range(0, report.getAsJsonArray("addresses").size())
        .mapToObj(i -> report.getAsJsonArray("addresses").get(i).getAsJsonObject())
        .filter(entry -> entry.get("address").getAsString().equals(address.getHostAddress()))
        .findFirst()
        .orElseThrow();
  }

  private static String text(JsonObject object, String key) {
    return object.get(key).getAsString();
  }

  @Test
  void everyNodeButTheChosenOneHasAReasonThoughThereIsANext() {
    local = true;
    node("n1", "10.0.0.1/24");
    node("n2", "10.0.0.2/24");
    node("n3", "10.0.0.3/24");
    node("n4", "10.7.0.4/24");
    node("n5", "10.0.0.5/24");
    barred.put("n5", "label x is set");
    networks = new KnownNetworks(Map.of("n8", Set.of(Prefix.parse(ON))), Map.of());
    JsonObject entry = of(V4);
    assertThat(text(entry, "shouldHold")).isEqualTo("n1");
    assertThat(text(entry, "next")).isEqualTo("n2");
    JsonObject notOn = entry.getAsJsonObject("notOn");
    assertThat(notOn.keySet()).containsExactly("n2", "n3", "n4", "n5", "n8", "n9");
    assertThat(text(notOn, "n2")).isEqualTo("it is next");
    assertThat(text(notOn, "n3")).contains("no endpoint there");
    assertThat(text(notOn, "n4")).contains("no running interface", "10.7.0.4/24");
    assertThat(text(notOn, "n5")).isEqualTo("label x is set");
    assertThat(text(notOn, "n8")).isEqualTo("its vip-manager says nothing");
    assertThat(text(notOn, "n9"))
        .isEqualTo("its vip-manager says nothing (takes no part, last heard 700 ms ago)");
  }

  @Test
  void whatServicesNameAndDoNotGetIsThere() {
    unheld =
        List.of(
            new Unheld(V4, WEB, Unheld.State.REFUSED, "why"),
            new Unheld(ip("fd00::9"), WEB, Unheld.State.WAITING, "no endpoint"),
            new Unheld(ip("fd00::a"), WEB, Unheld.State.NOT_SERVED, "of loadBalancerClass x"));
    assertThat(report().get("unheld").toString().replace('"', '\''))
        .isEqualTo(
            "[{'address':'10.0.0.100','service':'default/web','state':'refused','why':'why'},"
                + "{'address':'fd00::9','service':'default/web',"
                + "'state':'waiting for an endpoint','why':'no endpoint'},"
                + "{'address':'fd00::a','service':'default/web','state':'not served',"
                + "'why':'of loadBalancerClass x'}]");
  }

  @Test
  void whoCouldIsRankedAndItsTroubleNamed() {
    node("n1", "10.0.0.1/24");
    node("n2", "10.0.0.2/24");
    node("n3", "10.0.0.3/24");
    node("n4", "10.0.0.4/24");
    nodes.computeIfPresent("n3", (name, links) -> links.withDraining(true));
    nodes.computeIfPresent(
        "n4", (name, links) -> links.unheardOn(Map.of(ON, "2 of 3 voters miss it")));
    JsonObject notOn = of(V4).getAsJsonObject("notOn");
    assertThat(text(notOn, "n2")).isEqualTo("it is next");
    assertThat(text(notOn, "n3")).isEqualTo("it is being drained; it could, and comes after n2");
    assertThat(text(notOn, "n4")).startsWith("it could, and comes after n2; not heard: {10.0.0.0");
    assertThat(report().getAsJsonArray("nodes").get(3).getAsJsonObject().toString())
        .contains("\"notHeardOn\":{\"10.0.0.0/24\":\"2 of 3 voters miss it\"}");
  }

  @Test
  void labelsThatKeepServicesOffDoNotKeepOffTheControlPlane() {
    node("n1", "10.0.0.1/24");
    node("n2", "10.0.0.2/24");
    nodes.replaceAll((name, links) -> links.withControlPlane(name.equals("n1")));
    barred.put("n1", "label x is set");
    JsonObject entry = of(VIP);
    assertThat(text(entry, "shouldHold")).isEqualTo("n1");
    assertThat(text(entry, "next")).isEmpty();
    assertThat(text(entry.getAsJsonObject("notOn"), "n2")).contains("its API server is not well");
    assertThat(text(of(V4).getAsJsonObject("notOn"), "n1")).isEqualTo("label x is set");
    nodes.replaceAll((name, links) -> links.withControlPlane(true));
    barred.put("n2", "label x is set");
    JsonObject both = of(VIP);
    assertThat(text(both.getAsJsonObject("notOn"), text(both, "next"))).isEqualTo("it is next");
  }

  @Test
  void whoServesNothingOfTheKindSaysSo() {
    node("n1", "10.0.0.1/24");
    node("n2", "10.0.0.2/24");
    node("n3", "10.0.0.3/24");
    nodes.computeIfPresent("n2", (name, links) -> links.withServes(new Serves(false, true)));
    nodes.computeIfPresent("n3", (name, links) -> links.withServes(new Serves(true, false)));
    JsonObject ofService = of(V4);
    assertThat(text(ofService, "shouldHold")).isEqualTo("n1");
    assertThat(text(ofService, "next")).isEqualTo("n3");
    assertThat(text(ofService.getAsJsonObject("notOn"), "n2"))
        .isEqualTo("it serves no Services (svc_enable is not set there)");
    assertThat(
            report().getAsJsonArray("nodes").get(1).getAsJsonObject().get("barred").getAsString())
        .isEqualTo("it serves no Services (svc_enable is not set there)");
    JsonObject ofControlPlane = of(VIP);
    assertThat(Set.of("n1", "n2"))
        .contains(text(ofControlPlane, "shouldHold"), text(ofControlPlane, "next"));
    assertThat(text(ofControlPlane.getAsJsonObject("notOn"), "n3"))
        .isEqualTo("it serves no control plane (cp_enable is not set there)");
  }

  @Test
  void saysSinceWhenAnotherHoldsAndWhatTheVotersSay() {
    node("n2", "10.0.0.2/24");
    JsonObject entry = of(V4);
    assertThat(entry.get("holderSeconds").getAsLong()).isEqualTo(61);
    assertThat(entry.get("holderSecondsAtLeast").getAsBoolean()).isTrue();
    assertThat(entry.get("epoch").getAsLong()).isEqualTo(7);
    assertThat(entry.get("grantedBy")).hasToString("[\"n1\"]");
    assertThat(entry.get("refusedBy")).hasToString("{\"n3\":\"promised to n2\"}");
    assertThat(text(entry, "promisedTo")).isEqualTo("n2");
    JsonObject right = report().getAsJsonObject("right");
    assertThat(text(right, "by")).isEqualTo("majority");
    assertThat(right.get("leaseMillisLeft").getAsLong()).isEqualTo(312);
    assertThat(right.get("votersVersion").getAsLong()).isEqualTo(5);
    assertThat(right.get("majority").getAsInt()).isEqualTo(2);
    assertThat(right.get("voters"))
        .hasToString(
            "[{\"node\":\"n1\",\"heard\":true,\"answers\":true},"
                + "{\"node\":\"n9\",\"heard\":false,\"answers\":false}]");
    assertThat(report().get("silentNodes"))
        .hasToString("{\"n9\":\"takes no part, last heard 700 ms ago\"}");
  }

  @Test
  void whatThisNodeCouldNotHoldIsTheReason() {
    node("n1", "10.0.0.1/24");
    node("n2", "10.0.0.2/24");
    keeping =
        new Keeping(Map.of(V4, new Keeping.Kept(new Keeping.State.Failed("interface gone"), 0)));
    JsonObject entry = of(V4);
    assertThat(text(entry, "shouldHold")).isEqualTo("n2");
    assertThat(text(entry, "next")).isEmpty();
    assertThat(text(entry.getAsJsonObject("notOn"), "n1")).isEqualTo("interface gone");
  }
}
