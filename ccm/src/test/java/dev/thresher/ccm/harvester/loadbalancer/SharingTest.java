package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import io.kubernetes.client.openapi.models.V1ServicePort;
import java.util.List;
import org.junit.jupiter.api.Test;

/// One address for several Services, through the real controller.
class SharingTest {

  private final TwoClusters clusters = new TwoClusters();

  private void twoThatShare() {
    clusters.create("web", "80/TCP");
    clusters.create("dns", "53/UDP");
    clusters.share("dns", "web");
    clusters.settle();
  }

  private List<String> eventsOf(String name) {
    return clusters.events.stream().filter(event -> event.startsWith(name + " ")).toList();
  }

  private String statusAddress(String name) {
    return clusters.balancer(name).getAsJsonObject("status").get("address").getAsString();
  }

  @Test
  void aSecondServiceHasTheAddressOfTheFirstAndNoObjectOfItsOwn() {
    twoThatShare();
    assertThat(clusters.balancers()).containsExactly("web");
    assertThat(clusters.address("dns")).isEqualTo(clusters.address("web")).isNotEmpty();
    assertThat(clusters.label("dns")).isEqualTo("default.web");
    assertThat(clusters.label("web")).isEmpty();
    assertThat(clusters.ingress("dns")).containsExactly(clusters.address("web"));
    assertThat(eventsOf("dns")).last().asString().contains("EnsuredLoadBalancer");

    clusters.guest.forgetCalls();
    clusters.host.forgetCalls();
    clusters.restart();
    clusters.programLooks();
    assertThat(clusters.guest.calls()).isEmpty();
    assertThat(clusters.host.calls()).isEmpty();
  }

  @Test
  void dropsWhatIsTheOtherServicesToSay() {
    clusters.create("web", "80/TCP");
    clusters.create("dns", "53/UDP");
    clusters.change(
        "dns",
        s -> {
          s.getMetadata().putAnnotationsItem("cloudprovider.harvesterhci.io/ipam", "dhcp");
          s.getMetadata().putAnnotationsItem("kube-vip.io/serviceInterface", "enp2s0");
        });
    clusters.share("dns", "web");
    clusters.settle();
    assertThat(clusters.annotation("dns", "cloudprovider.harvesterhci.io/ipam")).isEmpty();
    assertThat(clusters.annotation("dns", "kube-vip.io/serviceInterface")).isEmpty();
  }

  @Test
  void aServiceThatBeginsToShareFreesItsOwnAddressOnlyWhenNobodyAnswersIt() {
    clusters.create("web", "80/TCP");
    clusters.create("dns", "53/UDP");
    clusters.settle();
    String own = clusters.address("dns");
    assertThat(clusters.ingress("dns")).containsExactly(own);

    clusters.share("dns", "web");
    clusters.programLooks();
    // Told, but the VIP manager has not heard of it yet.
    assertThat(clusters.address("dns")).isEqualTo(clusters.address("web"));
    assertThat(clusters.balancers()).containsExactly("dns", "web");
    clusters.vipManagerLooks();
    clusters.programLooks();
    clusters.hostLooks();
    assertThat(clusters.balancers()).containsExactly("web");
    assertThat(clusters.claims).hasSize(1);
  }

  @Test
  void anUndoneShareGetsAnAddressOfItsOwnAndRecordsOnlyThat() {
    twoThatShare();
    String shared = clusters.address("web");
    clusters.unshare("dns");
    clusters.programLooks();
    clusters.hostLooks();
    assertThat(clusters.address("dns")).isEqualTo(shared);
    clusters.programLooks();
    // The status still shows the shared address.
    assertThat(clusters.ingress("dns")).containsExactly(shared);
    assertThat(clusters.address("dns")).isNotEqualTo(shared);
    assertThat(clusters.balancer("dns").getAsJsonObject("status").has("address")).isFalse();
    assertThat(clusters.label("dns")).isEmpty();

    clusters.settle();
    assertThat(statusAddress("dns")).isEqualTo(clusters.address("dns"));
    assertThat(statusAddress("web")).isEqualTo(shared);
    assertThat(clusters.balancers()).containsExactly("dns", "web");
  }

  @Test
  void refusesAPortThatIsTakenAndTakesItWhenItIsFree() {
    clusters.create("web", "80/TCP", "53/TCP");
    clusters.create("dns", "53/UDP");
    clusters.create("other", "53/UDP");
    clusters.share("dns", "web");
    clusters.settle();
    clusters.share("other", "web");
    clusters.settle();
    assertThat(clusters.address("dns")).isEqualTo(clusters.address("web"));
    assertThat(eventsOf("other")).last().asString().contains("PortTaken", "53/UDP", "default/dns");
    // Nothing was taken from it.
    String own = clusters.address("other");
    assertThat(own).isNotEmpty().isNotEqualTo(clusters.address("web"));
    assertThat(clusters.balancers()).containsExactly("other", "web");

    clusters.delete("dns");
    clusters.settle();
    assertThat(clusters.address("other")).isEqualTo(clusters.address("web"));
    assertThat(clusters.balancers()).containsExactly("web");
  }

  @Test
  void sctpSharesANumberWithTcpAndUdp() {
    clusters.create("web", "5060/TCP");
    clusters.create("sig", "5060/SCTP", "5061/TCP");
    clusters.create("udp", "5060/UDP");
    clusters.create("late", "5060/SCTP");
    for (String name : List.of("sig", "udp")) {
      clusters.share(name, "web");
    }
    clusters.settle();
    clusters.share("late", "web");
    clusters.settle();
    assertThat(clusters.address("sig")).isEqualTo(clusters.address("web")).isNotEmpty();
    assertThat(clusters.address("udp")).isEqualTo(clusters.address("web"));
    assertThat(eventsOf("late")).last().asString().contains("PortTaken", "5060/SCTP");
  }

  @Test
  void ofTwoThatComeAtOnceOneGetsThePort() {
    clusters.create("web", "80/TCP");
    clusters.settle();
    clusters.create("a", "443/TCP");
    clusters.create("b", "443/TCP");
    clusters.share("a", "web");
    clusters.share("b", "web");
    clusters.settle();
    assertThat(List.of(clusters.address("a"), clusters.address("b")))
        .containsExactlyInAnyOrder(clusters.address("web"), "");
    assertThat(clusters.events).filteredOn(event -> event.contains("PortTaken")).hasSize(1);
  }

  @Test
  void aChangedPortThatClashesTakesNothingAway() {
    twoThatShare();
    clusters.create("more", "443/TCP");
    clusters.share("more", "web");
    clusters.settle();
    String shared = clusters.address("web");
    clusters.change(
        "more", s -> s.getSpec().ports(List.of(new V1ServicePort().protocol("UDP").port(53))));
    clusters.settle();
    assertThat(eventsOf("more")).last().asString().contains("PortTaken");
    assertThat(clusters.address("more")).isEqualTo(shared);
    assertThat(eventsOf("dns")).noneMatch(event -> event.contains("PortTaken"));
  }

  @Test
  void theAddressStaysWhileOthersShareIt() {
    twoThatShare();
    String shared = clusters.address("web");
    clusters.delete("web");
    clusters.settle();
    assertThat(clusters.service("web")).isPresent();
    assertThat(clusters.balancers()).containsExactly("web");
    assertThat(clusters.claims).containsValue(shared);
    assertThat(clusters.events)
        .filteredOn(event -> event.contains("AddressShared"))
        .singleElement()
        .asString()
        .contains("default/dns");

    clusters.delete("dns");
    clusters.settle();
    assertThat(clusters.service("web")).isEmpty();
    assertThat(clusters.service("dns")).isEmpty();
    assertThat(clusters.balancers()).isEmpty();
    assertThat(clusters.claims).isEmpty();
  }

  @Test
  void theAddressStaysThoughSomebodyForcedTheServiceAway() {
    twoThatShare();
    String shared = clusters.address("web");
    clusters.guestStore.drop(CoreTypes.SERVICE, TwoClusters.key("web"));
    clusters.settle();
    assertThat(clusters.address("dns")).isEqualTo(shared);
    assertThat(clusters.claims).containsValue(shared);
    clusters.delete("dns");
    clusters.settle();
    assertThat(clusters.balancers()).isEmpty();
    assertThat(clusters.claims).isEmpty();
  }

  @Test
  void aChainSharesTheAddressAtItsEnd() {
    twoThatShare();
    clusters.create("more", "443/TCP");
    clusters.share("more", "dns");
    clusters.settle();
    assertThat(clusters.address("more")).isEqualTo(clusters.address("web"));
    assertThat(clusters.label("more")).isEqualTo("default.web");

    // The end of the chain begins to share: all follow, and only then its old address goes.
    clusters.create("root", "8080/TCP");
    clusters.settle();
    clusters.share("web", "root");
    clusters.settle();
    assertThat(List.of(clusters.address("web"), clusters.address("dns"), clusters.address("more")))
        .containsOnly(clusters.address("root"));
    assertThat(clusters.balancers()).containsExactly("root");
    assertThat(clusters.claims).hasSize(1);
  }

  @Test
  void aCircleIsRefusedAndTakesNothingAway() {
    twoThatShare();
    String shared = clusters.address("web");
    clusters.share("web", "dns");
    clusters.settle();
    assertThat(eventsOf("web")).last().asString().contains("PrimaryServiceCycle");
    assertThat(clusters.address("web")).isEqualTo(shared);
    assertThat(clusters.address("dns")).isEqualTo(shared);
    assertThat(clusters.balancers()).containsExactly("web");
    assertThat(clusters.claims).hasSize(1);
  }

  @Test
  void waitsForTheAddressOfTheOther() {
    clusters.create("dns", "53/UDP");
    clusters.share("dns", "web");
    clusters.settle();
    assertThat(eventsOf("dns")).last().asString().contains("PrimaryServiceMissing");
    assertThat(clusters.balancers()).isEmpty();
    clusters.create("web", "80/TCP");
    clusters.settle();
    assertThat(clusters.address("dns")).isEqualTo(clusters.address("web")).isNotEmpty();
    assertThat(clusters.balancers()).containsExactly("web");
  }

  @Test
  void saysSoWhenNoVipManagerHoldsTheSharedAddress() {
    clusters.create("web", "80/TCP");
    clusters.settle();
    clusters.create("dns", "53/UDP");
    clusters.share("dns", "web");
    clusters.programLooks();
    assertThat(clusters.address("dns")).isEqualTo(clusters.address("web"));
    assertThat(eventsOf("dns")).noneMatch(event -> event.contains("AddressNotHeld"));

    clusters.timeline.advance(Verdict.ANSWER_PATIENCE);
    clusters.look(TwoClusters.key("dns"));
    assertThat(eventsOf("dns"))
        .last()
        .asString()
        .contains("AddressNotHeld", clusters.address("web"));

    clusters.settle();
    assertThat(eventsOf("dns")).last().asString().contains("EnsuredLoadBalancer");
  }

  @Test
  void anotherFamilyIsRefused() {
    clusters.create("web", "80/TCP");
    clusters.create("six", "443/TCP");
    clusters.change("six", s -> s.getSpec().ipFamilies(List.of("IPv6")));
    clusters.share("six", "web");
    clusters.settle();
    assertThat(eventsOf("six")).last().asString().contains("AddressFamilyMismatch", "IPv6");
    assertThat(clusters.address("six")).isEmpty();
  }
}
