package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import io.kubernetes.client.openapi.models.V1ServicePort;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// One address on the host for several Services, each with an object of its own.
class HostSharingTest {

  private final TwoClusters clusters = new TwoClusters();

  private void twoThatShare() {
    clusters.createOnHost("web", "80/TCP");
    clusters.createOnHost("dns", "80/UDP");
    clusters.share("dns", "web");
    clusters.settle();
  }

  private String address(String name) {
    return String.join(",", clusters.ingress(name));
  }

  private String group(String name) {
    return TwoClusters.annotation(clusters.balancer(name), TwoClusters.GROUP);
  }

  private String groupOf(String name) {
    return "service-" + clusters.service(name).orElseThrow().getMetadata().getUid();
  }

  private List<String> eventsOf(String name) {
    return clusters.events.stream().filter(event -> event.startsWith(name + " ")).toList();
  }

  @Test
  void aSecondServiceHasItsOwnObjectInTheGroupOfTheFirst() {
    twoThatShare();
    assertThat(clusters.balancers()).containsExactly("dns", "web");
    assertThat(group("web")).isEqualTo(groupOf("web"));
    assertThat(group("dns")).isEqualTo(groupOf("web"));
    assertThat(address("dns")).isEqualTo(address("web")).isNotEmpty();
    assertThat(clusters.label("dns")).isEqualTo("default.web");
    assertThat(clusters.label("web")).isEmpty();
    assertThat(clusters.annotation("dns", "kube-vip.io/ignore")).isEqualTo("true");
    assertThat(clusters.address("dns")).isEmpty();
    assertThat(eventsOf("dns")).last().asString().contains("EnsuredLoadBalancer");

    clusters.guest.forgetCalls();
    clusters.host.forgetCalls();
    clusters.restart();
    clusters.programLooks();
    assertThat(clusters.guest.calls()).isEmpty();
    assertThat(clusters.host.calls()).isEmpty();
  }

  @Test
  void aServiceThatDoesNotSayWhereGoesWithTheOther() {
    clusters.createOnHost("web", "80/TCP");
    clusters.create("dns", "53/UDP");
    clusters.change("dns", s -> s.getSpec().getPorts().getFirst().nodePort(30053));
    clusters.share("dns", "web");
    clusters.settle();
    assertThat(group("dns")).isEqualTo(groupOf("web"));
    assertThat(address("dns")).isEqualTo(address("web"));

    // Alone it is where the program places Services.
    clusters.unshare("dns");
    clusters.settle();
    clusters.settle();
    assertThat(clusters.annotation("dns", "kube-vip.io/ignore")).isEmpty();
    assertThat(clusters.label("dns")).isEmpty();
    assertThat(address("dns")).isEqualTo(clusters.address("dns")).isNotEqualTo(address("web"));
  }

  @Test
  void anObjectFromBeforeIsMadeAgainInTheGroupAndItsAddressIsFree() {
    clusters.createOnHost("web", "80/TCP");
    clusters.createOnHost("dns", "53/UDP");
    clusters.settle();
    String own = address("dns");
    assertThat(own).isNotEmpty().isNotEqualTo(address("web"));
    clusters.share("dns", "web");
    clusters.programLooks();
    // Until there is another one.
    assertThat(address("dns")).isEqualTo(own);
    clusters.settle();
    assertThat(address("dns")).isEqualTo(address("web"));
    assertThat(clusters.claims.values()).containsOnly(address("web"));
  }

  @Test
  void anUndoneShareGetsAnAddressOfItsOwn() {
    twoThatShare();
    String shared = address("web");
    clusters.unshare("dns");
    clusters.settle();
    clusters.settle();
    assertThat(group("dns")).isEqualTo(groupOf("dns"));
    assertThat(address("dns")).isNotEmpty().isNotEqualTo(shared);
    assertThat(address("web")).isEqualTo(shared);
    assertThat(clusters.label("dns")).isEmpty();
    assertThat(clusters.annotation("dns", "kube-vip.io/ignore")).isEqualTo("true");
  }

  @Test
  void refusesAPortThatIsTakenAndTakesItWhenItIsFree() {
    twoThatShare();
    clusters.createOnHost("other", "80/UDP");
    clusters.settle();
    String own = address("other");
    clusters.share("other", "web");
    clusters.settle();
    assertThat(eventsOf("other")).last().asString().contains("PortTaken", "80/UDP", "default/dns");
    assertThat(address("other")).isEqualTo(own).isNotEqualTo(address("web"));

    clusters.delete("dns");
    clusters.settle();
    clusters.settle();
    assertThat(address("other")).isEqualTo(address("web"));
  }

  @Test
  void ofTwoThatComeAtOnceOneGetsThePort() {
    clusters.createOnHost("web", "80/TCP");
    clusters.settle();
    clusters.pauseHost();
    for (String name : List.of("a", "b")) {
      clusters.createOnHost(name, "443/TCP");
      clusters.share(name, "web");
    }
    clusters.programLooks();
    clusters.resumeHost();
    clusters.settle();
    assertThat(List.of(address("a"), address("b"))).containsExactlyInAnyOrder(address("web"), "");
    assertThat(clusters.events).filteredOn(event -> event.contains("PortTaken")).hasSize(1);
  }

  @Test
  void aChangedPortThatClashesTakesNothingAway() {
    twoThatShare();
    clusters.change(
        "dns",
        s ->
            s.getSpec()
                .ports(List.of(new V1ServicePort().protocol("TCP").port(80).nodePort(30081))));
    clusters.settle();
    assertThat(eventsOf("dns")).last().asString().contains("PortTaken", "80/TCP", "default/web");
    assertThat(address("dns")).isEqualTo(address("web"));
    assertThat(clusters.balancer("dns").toString()).contains("UDP").doesNotContain("30081");
  }

  @Test
  void theOtherServiceStaysWhileItsAddressIsShared() {
    twoThatShare();
    String shared = address("web");
    clusters.delete("web");
    clusters.settle();
    assertThat(clusters.service("web")).isPresent();
    assertThat(clusters.balancers()).containsExactly("dns", "web");
    assertThat(clusters.events)
        .filteredOn(event -> event.contains("AddressShared"))
        .singleElement()
        .asString()
        .contains("default/dns");

    clusters.unshare("dns");
    clusters.settle();
    clusters.settle();
    assertThat(clusters.service("web")).isEmpty();
    assertThat(clusters.balancers()).containsExactly("dns");
    assertThat(address("dns")).isNotEmpty().isNotEqualTo(shared);

    clusters.delete("dns");
    clusters.settle();
    assertThat(clusters.balancers()).isEmpty();
    assertThat(clusters.claims).isEmpty();
  }

  @Test
  void aChainSharesTheAddressAtItsEndAlsoWhenTheEndMoves() {
    twoThatShare();
    clusters.createOnHost("more", "443/TCP");
    clusters.share("more", "dns");
    clusters.settle();
    assertThat(address("more")).isEqualTo(address("web"));
    assertThat(group("more")).isEqualTo(groupOf("web"));

    clusters.createOnHost("root", "8080/TCP");
    clusters.settle();
    clusters.share("web", "root");
    for (int i = 0; i < 4; i++) {
      clusters.settle();
    }
    assertThat(List.of(address("web"), address("dns"), address("more")))
        .containsOnly(address("root"));
    assertThat(clusters.claims.values()).containsOnly(address("root"));
  }

  @Test
  void anObjectThatIsInNoGroupOrInOneOfTheHostsOwnerIsLeftAlone() {
    for (String group : new String[] {"", "together"}) {
      String name = "web" + group;
      clusters.createOnHost(name, "80/TCP");
      clusters.programLooks();
      var document = clusters.balancer(name);
      var annotations = document.getAsJsonObject("metadata").getAsJsonObject("annotations");
      annotations.remove(TwoClusters.GROUP);
      if (!group.isEmpty()) {
        annotations.addProperty(TwoClusters.GROUP, group);
      }
      clusters.hostStore.put(LoadBalancerTypes.LOAD_BALANCER, document);
      clusters.settle();
      String uid = document.getAsJsonObject("metadata").get("uid").getAsString();
      clusters.wakeAll();
      clusters.settle();
      assertThat(clusters.balancer(name).getAsJsonObject("metadata").get("uid").getAsString())
          .isEqualTo(uid);

      clusters.createOnHost("dns" + group, "53/UDP");
      clusters.share("dns" + group, name);
      clusters.settle();
      assertThat(eventsOf("dns" + group))
          .last()
          .asString()
          .contains("NotSupportedYet", "default/" + name, "thresher.dev/share-group");
    }
  }

  @ParameterizedTest
  @CsvSource({"guest,host", "host,guest"})
  void anAddressIsInOnePlace(String first, String second) {
    for (var service : Map.of("web", first, "dns", second).entrySet()) {
      clusters.create(service.getKey(), service.getKey().equals("web") ? "80/TCP" : "53/UDP");
      clusters.onHost(service.getKey());
      clusters.change(
          service.getKey(),
          s -> s.getMetadata().putAnnotationsItem("thresher.dev/placement", service.getValue()));
    }
    clusters.settle();
    String own = address("dns");
    clusters.share("dns", "web");
    clusters.settle();
    assertThat(eventsOf("dns"))
        .last()
        .asString()
        .contains("PlacementMismatch", "default/web", "\"" + first + "\"", "\"" + second + "\"");
    assertThat(address("dns")).isEqualTo(own).isNotEqualTo(address("web"));
    assertThat(clusters.balancers()).containsExactly("dns", "web");
  }

  @Test
  void anAddressOfADhcpServerIsNotShared() {
    clusters.createOnHost("web", "80/TCP");
    clusters.change(
        "web",
        s -> s.getMetadata().putAnnotationsItem("cloudprovider.harvesterhci.io/ipam", "dhcp"));
    clusters.createOnHost("dns", "53/UDP");
    clusters.share("dns", "web");
    clusters.settle();
    assertThat(group("web")).isEmpty();
    assertThat(eventsOf("dns")).last().asString().contains("NotSupportedYet", "dhcp");
    assertThat(clusters.balancers()).containsExactly("web");
  }

  @Test
  void withoutNodePortNothingIsGivenUp() {
    clusters.createOnHost("web", "80/TCP");
    clusters.createOnHost("dns", "53/UDP");
    clusters.settle();
    String own = address("dns");
    clusters.change("dns", s -> s.getSpec().getPorts().getFirst().nodePort(null));
    clusters.share("dns", "web");
    clusters.settle();
    assertThat(eventsOf("dns")).last().asString().contains("NodePortMissing");
    assertThat(address("dns")).isEqualTo(own);
  }

  @Test
  void anotherFamilyIsRefused() {
    clusters.createOnHost("web", "80/TCP");
    clusters.createOnHost("six", "443/TCP");
    clusters.change("six", s -> s.getSpec().ipFamilies(List.of("IPv6")));
    clusters.share("six", "web");
    clusters.settle();
    assertThat(eventsOf("six")).last().asString().contains("AddressFamilyMismatch", "IPv6");
    assertThat(Optional.of(clusters.balancers())).contains(List.of("web"));
  }

  @Test
  void theAddressStaysThoughSomebodyForcedTheServiceAway() {
    twoThatShare();
    String shared = address("web");
    clusters.guestStore.drop(CoreTypes.SERVICE, TwoClusters.key("web"));
    clusters.settle();
    assertThat(address("dns")).isEqualTo(shared);
    assertThat(clusters.claims).containsValue(shared);
    assertThat(clusters.balancers()).contains("dns");
    clusters.delete("dns");
    clusters.settle();
    clusters.settle();
    assertThat(clusters.balancers()).isEmpty();
    assertThat(clusters.claims).isEmpty();
  }
}
