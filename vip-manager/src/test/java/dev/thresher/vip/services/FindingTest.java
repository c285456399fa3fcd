package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.election.RightView;
import dev.thresher.vip.election.Session;
import dev.thresher.vip.nodes.KnownNetworks;
import io.kubernetes.client.openapi.models.V1Condition;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FindingTest {

  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final InetAddress V4 = ip("10.0.0.100");
  private static final InetAddress V6 = ip("fd00::100");
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00.5Z");
  private static final Refusal REFUSAL =
      new Refusal("spec.loadBalancerIP", "10.0.0.1", "is the address of node n1", "Choose another");

  @Test
  void nobodyForAnAddressIsSaidWithAReasonPerNode() {
    KnownNetworks networks =
        new KnownNetworks(
            Map.of("n3", Set.of(Prefix.parse("10.0.0.3/24"), Prefix.parse("fd00::3/64"))),
            Map.of());
    Assignment assignment = assign(asks(List.of(V4, V6)), networks, "10.7.0.1/24");
    for (boolean speaker : List.of(true, false)) {
      Map<ObjectKey, Finding> findings = findings(asks(List.of(V4, V6)), assignment, speaker);
      if (!speaker) {
        assertThat(findings).isEmpty();
        continue;
      }
      assertThat(findings.getOrDefault(WEB, none()).held()).isFalse();
      assertThat(findings.getOrDefault(WEB, none()).reason()).isEqualTo("NoNodeForAddress");
      assertThat(findings.getOrDefault(WEB, none()).message())
          .contains("10.0.0.100", "n1=no running interface", "n3=its vip-manager says nothing");
      assertThat(findings.getOrDefault(WEB, none()).idle()).isTrue();
    }
    assertThat(assignment.aims().values()).containsOnly("");
  }

  @Test
  void withoutRecordsTheDefaultRouteIsGoodEnough() {
    assertThat(assign(asks(List.of(V4)), KnownNetworks.NONE, "10.7.0.1/24").aims())
        .containsEntry(V4, "n1");
  }

  @Test
  void aRefusedAddressIsSaidByOneNode() {
    ServiceReading nothing = new ServiceReading.Nothing(WEB, List.of(REFUSAL));
    Assignment none = assign(nothing, KnownNetworks.NONE, "10.0.0.1/24");
    assertThat(findings(nothing, none, true).get(WEB))
        .isEqualTo(new Finding(false, "AddressRefused", REFUSAL.toString()));
    assertThat(findings(nothing, none, false)).isEmpty();
    ServiceReading otherWish =
        new ServiceReading.Asks(
            WEB,
            List.of(V4),
            "",
            false,
            false,
            List.of(),
            List.of(new Refusal("metadata.annotations[x]", "y", "is not supported", "Remove it")));
    Assignment held = assign(otherWish, KnownNetworks.NONE, "10.0.0.1/24");
    assertThat(findings(otherWish, held, true).getOrDefault(WEB, new Finding(false, "", "")).held())
        .isTrue();
  }

  @Test
  void aStrangerIsSaidByTheHolder() {
    ServiceReading asks = asks(List.of(V4));
    Assignment assignment = assign(asks, KnownNetworks.NONE, "10.0.0.1/24");
    Keeping conflict =
        new Keeping(
            Map.of(
                V4, new Keeping.Kept(new Keeping.State.Conflict("eth0", "02:00:00:00:00:99"), 0)));
    Finding finding =
        Finding.of(List.of(asks), assignment, conflict, speech(false)).getOrDefault(WEB, none());
    assertThat(finding.reason()).isEqualTo("AddressConflict");
    assertThat(finding.message()).contains("02:00:00:00:00:99", "eth0", "node n1");
    assertThat(Finding.of(List.of(asks), assignment, Keeping.NOTHING, speech(true))).isEmpty();
  }

  @Test
  void aRivalIsSaidByTheHolderWhileItIsNew() {
    ServiceReading asks = asks(List.of(V4));
    Assignment assignment = assign(asks, KnownNetworks.NONE, "10.0.0.1/24");
    Map<InetAddress, Keeping.Kept> held =
        Map.of(V4, new Keeping.Kept(new Keeping.State.Answering("eth0"), 0));
    Keeping claimed =
        new Keeping(held, Map.of(V4, List.of(new Keeping.Rival("02:00:00:00:00:99", "eth0", 7))));
    Finding finding =
        Finding.of(List.of(asks), assignment, claimed, speech(false)).getOrDefault(WEB, none());
    assertThat(finding.held()).isTrue();
    assertThat(finding.reason()).isEqualTo("AddressClaimed");
    assertThat(finding.message()).contains(V4.getHostAddress(), "02:00:00:00:00:99", "eth0", "n1");
    List<V1Condition> said = finding.among(List.of(), NOW).orElseThrow();
    assertThat(said.getLast().getStatus()).isEqualTo("True");
    assertThat(said.getLast().getMessage()).contains("02:00:00:00:00:99");
    assertThat(finding.among(said, NOW)).isEmpty();
    Finding later =
        Finding.of(List.of(asks), assignment, new Keeping(held), speech(false))
            .getOrDefault(WEB, none());
    assertThat(later.among(said, NOW).orElseThrow().getLast().getReason()).isEqualTo("Held");
  }

  @Test
  void aConditionIsWrittenOnlyWhereSomethingIsOrWasWrong() {
    Finding bad = new Finding(false, "NoNodeForAddress", "why");
    Finding good = new Finding(true, "Held", "node n1 answers");
    assertThat(good.among(List.of(), NOW)).isEmpty();
    V1Condition foreign = new V1Condition().type("other").status("True");
    List<V1Condition> said = bad.among(List.of(foreign), NOW).orElseThrow();
    assertThat(said)
        .extracting(V1Condition::getType)
        .containsExactly("other", "thresher.dev/AddressHeld");
    assertThat(said.getLast().getLastTransitionTime()).hasToString("2030-01-01T00:00Z");
    assertThat(bad.among(said, NOW.plusSeconds(9))).isEmpty();
    Finding worse = new Finding(false, "NoNodeForAddress", "why else");
    List<V1Condition> later = worse.among(said, NOW.plusSeconds(9)).orElseThrow();
    assertThat(later.getLast().getLastTransitionTime())
        .as("only the message changed")
        .isEqualTo(said.getLast().getLastTransitionTime());
    List<V1Condition> well = good.among(later, NOW.plusSeconds(60)).orElseThrow();
    assertThat(well.getLast().getStatus()).isEqualTo("True");
    assertThat(well.getLast().getLastTransitionTime()).hasToString("2030-01-01T00:01Z");
    assertThat(new Finding(true, "Held", "node n2 answers").among(well, NOW)).isEmpty();
  }

  private static Map<ObjectKey, Finding> said(
      ServiceReading reading, boolean speaker, Set<ObjectKey> waiting, Set<ObjectKey> before) {
    return Finding.of(
        List.of(reading),
        Assignment.NOTHING,
        Keeping.NOTHING,
        new Finding.Speech("n1", speaker, V4::equals, waiting, before));
  }

  @Test
  void whoAsksForNothingLosesTheCondition() {
    for (ServiceReading left :
        List.of(
            new ServiceReading.NotOurs(WEB, "kube-vip.io/ignore is set"),
            new ServiceReading.Nothing(WEB, List.of()))) {
      assertThat(said(left, true, Set.of(), Set.of())).containsEntry(WEB, Finding.NOTHING);
      assertThat(said(left, false, Set.of(), Set.of())).isEmpty();
      assertThat(said(left, false, Set.of(), Set.of(WEB)))
          .as("the holder takes back what it said")
          .containsEntry(WEB, Finding.NOTHING);
    }
    ServiceReading others = new ServiceReading.NotOurs(WEB, "of loadBalancerClass x", true);
    assertThat(said(others, true, Set.of(), Set.of()))
        .as("the condition may be another vip-manager's")
        .isEmpty();
    assertThat(said(others, true, Set.of(), Set.of(WEB))).containsEntry(WEB, Finding.NOTHING);
    V1Condition foreign = new V1Condition().type("other").status("True");
    List<V1Condition> said =
        new Finding(false, "AddressRefused", "why").among(List.of(foreign), NOW).orElseThrow();
    assertThat(Finding.NOTHING.among(said, NOW).orElseThrow()).containsExactly(foreign);
    assertThat(Finding.NOTHING.among(List.of(foreign), NOW)).isEmpty();
  }

  @Test
  void waitingForTheFirstEndpointIsSaidByOneNode() {
    ServiceReading asks = asks(List.of(V4));
    assertThat(said(asks, true, Set.of(WEB), Set.of()).getOrDefault(WEB, none()))
        .isEqualTo(new Finding(false, "WaitingForEndpoint", Reports.WAITS, "", true));
    assertThat(said(asks, false, Set.of(WEB), Set.of(WEB))).isEmpty();
    assertThat(said(asks, true, Set.of(), Set.of())).isEmpty();
  }

  @Test
  void ofAListIsSaidWhatIsHeldAndWhatIsRefused() {
    Refusal refusal =
        new Refusal(
            "metadata.annotations[kube-vip.io/loadbalancerIPs]",
            "10.0.0.1",
            "is the address of node n1",
            "Choose another");
    ServiceReading list =
        new ServiceReading.Asks(WEB, List.of(V4, V6), "", false, true, List.of(), List.of(refusal));
    Finding inPart =
        findings(list, assign(list, KnownNetworks.NONE, "10.0.0.1/24"), true)
            .getOrDefault(WEB, none());
    assertThat(inPart)
        .isEqualTo(
            new Finding(
                false,
                "AddressRefused",
                "held: 10.0.0.100; not held yet: fd00::100; refused: " + refusal));
    assertThat(said(list, true, Set.of(), Set.of()).getOrDefault(WEB, none()).message())
        .startsWith("held: 10.0.0.100; waiting for the first endpoint: fd00::100; refused: ");
    assertThat(said(list, true, Set.of(WEB), Set.of()).getOrDefault(WEB, none()).idle()).isTrue();
    KnownNetworks elsewhere =
        new KnownNetworks(
            Map.of("n3", Set.of(Prefix.parse("10.0.0.3/24"), Prefix.parse("fd00::3/64"))),
            Map.of());
    Finding nobody =
        findings(list, assign(list, elsewhere, "10.7.0.1/24"), true).getOrDefault(WEB, none());
    assertThat(nobody.reason()).isEqualTo("AddressRefused");
    assertThat(nobody.idle()).as("the rest of the list is held by nobody").isTrue();
  }

  @Test
  void aRefusalIsOfTheServiceThatWasRead() {
    V1Service service = service("web", "10.0.0.1");
    service.getMetadata().setResourceVersion("7");
    Finding finding =
        said(ServiceReading.Nothing.of(service, List.of(REFUSAL)), true, Set.of(), Set.of())
            .getOrDefault(WEB, none());
    assertThat(finding.refuses(service)).isTrue();
    service.getMetadata().setResourceVersion("8");
    assertThat(finding.refuses(service)).as("it may ask for another now").isFalse();
    assertThat(Finding.NOTHING.refuses(service)).isFalse();
  }

  private static Finding.Speech speech(boolean speaker) {
    return new Finding.Speech("n1", speaker, V4::equals, Set.of(), Set.of());
  }

  private static Finding none() {
    return new Finding(true, "none", "");
  }

  private static ServiceReading.Asks asks(List<InetAddress> addresses) {
    return new ServiceReading.Asks(WEB, addresses, "", false, false, List.of(), List.of());
  }

  private static Map<ObjectKey, Finding> findings(
      ServiceReading reading, Assignment assignment, boolean speaker) {
    Keeping keeping =
        new Keeping(Map.of(V4, new Keeping.Kept(new Keeping.State.Answering("eth0"), 0)));
    return Finding.of(List.of(reading), assignment, keeping, speech(speaker));
  }

  /// One live node `n1` with this network on the interface of its default route.
  private static Assignment assign(ServiceReading reading, KnownNetworks networks, String subnet) {
    NodeLease lease =
        new NodeLease(
            "n1",
            "1",
            Session.parse("1-abc"),
            List.of(),
            new NodeLinks(
                "",
                List.of(new NodeLinks.NodeLink("eth0", List.of(Prefix.parse(subnet)), true, true))),
            false);
    return Assignment.of(
        new Assignment.Snapshot(
            List.of(reading),
            Optional.empty(),
            key -> new EndpointView(true, Set.of("n1")),
            Map.of(),
            new RightView(Map.of("n1", lease), Map.of(), Optional.empty(), true, 1),
            Keeping.NOTHING,
            networks,
            Map.of(),
            Set.of(),
            0),
        new Assignment.Settings("n1", 1.25, false));
  }
}
