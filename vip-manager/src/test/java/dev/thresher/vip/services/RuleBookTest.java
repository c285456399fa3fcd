package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.node;
import static dev.thresher.vip.services.Objects.service;
import static dev.thresher.vip.services.Objects.slice;
import static dev.thresher.vip.services.Objects.withStatus;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.vip.election.NodeLease;
import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.election.Session;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Route;
import dev.thresher.vip.nodes.KnownNetworks;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleBookTest {

  private static final ObjectKey ASKS = ObjectKey.of("default", "asks");
  private static final AddressRules RULES = book().rules(List.of(), Set.of());

  private static V1Service elsewhere() {
    V1Service service = withStatus(service("elsewhere", null), "10.0.0.60", "fd00::60");
    service.getSpec().loadBalancerClass("example.com/other");
    return service;
  }

  private static V1Service ignored() {
    V1Service service = withStatus(service("ignored", null), "10.0.0.61", "fd00::61");
    service.getMetadata().getAnnotations().put(KubeVipNames.IGNORE, "true");
    return service;
  }

  private static V1Service routed() {
    V1Service service = service("routed", null);
    service.getSpec().type("ClusterIP").externalIPs(List.of("10.0.0.62", "fd00::62", "nonsense"));
    return service;
  }

  private static RuleBook book() {
    V1Node node = node("n1", "10.0.0.11", "fd00::11");
    node.spec(new V1NodeSpec().podCIDRs(List.of("10.42.1.0/24", "fd42:1::/64", "nonsense")));
    V1Service other = service("b", null);
    other.getSpec().clusterIPs(List.of("10.96.0.7", "fd96::7", "None"));
    var endpoints = slice("kubernetes", "n1");
    endpoints.getEndpoints().getFirst().addresses(List.of("10.0.0.5", "fd00::5"));
    NodeLease lease =
        new NodeLease(
            "n2",
            "1",
            Session.parse("1-a"),
            List.of(),
            new NodeLinks(
                "",
                List.of(
                    new NodeLinks.NodeLink(
                        "eth0",
                        List.of(Prefix.parse("10.0.0.12/24"), Prefix.parse("fd00::12/64")),
                        true,
                        true))),
            false);
    return new RuleBook()
        .gateways(
            new LinuxNetwork(
                List.of(),
                List.of(),
                List.of(
                    new Route(ip("0.0.0.0"), 0, ip("10.0.0.254"), 2, 254, 0, 3),
                    new Route(ip("::"), 0, ip("fd00::fe"), 2, 254, 0, 3),
                    new Route(ip("10.0.0.0"), 24, null, 2, 254, 0, 2))),
            new KnownNetworks(Map.of(), Map.of(ip("10.0.0.253"), "n3", ip("fd00::fd"), "n3")))
        .apiServers(List.of(endpoints))
        .known(
            new KnownRanges(
                true,
                Map.of(
                    Prefix.parse("10.96.0.0/16"), "Services (x)",
                    Prefix.parse("fd96::/112"), "Services (y)"),
                List.of()))
        .live(List.of(lease))
        .services(List.of(other, elsewhere(), ignored(), routed()), ClassPolicy.DEFAULT)
        .nodes(List.of(node))
        .controlPlane(List.of(ip("10.0.0.70"), ip("10.0.0.71")))
        .controlPlanes(Map.of(ip("10.0.0.70"), "nodes c1, c2", ip("fd00::70"), "node c1"));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.11, node n1",
    "fd00::11, node n1",
    "10.0.0.12, node n2 (eth0)",
    "fd00::12, node n2 (eth0)",
    "10.0.0.254, the gateway of this node",
    "fd00::fe, the gateway of this node",
    "10.0.0.253, the gateway of node n3",
    "fd00::fd, the gateway of node n3",
    "10.0.0.5, an API server",
    "fd00::5, an API server",
    "10.0.0.70, the control plane of nodes c1",
    "fd00::70, the control plane of node c1",
    "10.0.0.71, the control plane",
    "10.96.0.7, Service default/b (clusterIP)",
    "fd96::7, Service default/b (clusterIP)",
    "10.0.0.60, Service default/elsewhere (its status",
    "fd00::60, of loadBalancerClass example.com/other",
    "10.0.0.61, Service default/ignored (its status",
    "fd00::61, kube-vip.io/ignore is set",
    "10.0.0.62, Service default/routed (spec.externalIPs)",
    "fd00::62, Service default/routed (spec.externalIPs)",
    "10.96.200.1, the range of Services (x)",
    "fd96::ffff, the range of Services (y)",
    "10.42.1.200, the pods of node n1",
    "fd42:1::9, the pods of node n1",
    "10.0.0.0, lowest address of the nodes",
    "fd00::, lowest address of the nodes",
    "10.0.0.255, broadcast address of the nodes"
  })
  void namesTheOwnerOfAnAddressThatIsNotHeld(String address, String owner) {
    assertThat(RULES.read(ASKS, "field", address, _ -> false))
        .isInstanceOfSatisfying(
            AddressRules.Result.Refused.class,
            refused -> assertThat(refused.refusal().toString()).contains(address, owner));
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.100", "fd00::100", "10.42.2.1", "fd42:2::1", "203.0.113.9"})
  void whatBelongsToNobodyIsHeld(String address) {
    assertThat(RULES.read(ASKS, "field", address, _ -> false))
        .isEqualTo(new AddressRules.Result.Read(ip(address)));
  }

  @Test
  void nothingOutsideOfTheAllowedRangesIsHeld() {
    AddressRules rules =
        book()
            .rules(RuleBook.allowed("10.0.0.96/28, 203.0.113.7-203.0.113.9,fd00::100, "), Set.of());
    for (String inside : List.of("10.0.0.100", "203.0.113.8", "fd00::100")) {
      assertThat(rules.read(ASKS, "field", inside, _ -> false))
          .isEqualTo(new AddressRules.Result.Read(ip(inside)));
    }
    for (String outside : List.of("10.0.0.90", "203.0.113.10", "fd00::101")) {
      assertThat(rules.read(ASKS, "field", outside, _ -> false).toString())
          .contains("none of the allowed ranges");
    }
    assertThatThrownBy(() -> RuleBook.allowed("10.0.0.0/33"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void wherePoolsAreNothingElseIsHeldNewlyAndWhatIsGivenStays() {
    KnownRanges pools =
        new KnownRanges(
            true, Map.of(), RuleBook.allowed("10.0.0.96/28, fd00::100-fd00::1ff, 10.0.0.11"));
    AddressRules rules =
        book().known(pools).rules(List.of(), Set.of(ip("203.0.113.9"), ip("fd77::9")));
    for (String inside : List.of("10.0.0.100", "fd00::1aa", "203.0.113.9", "fd77::9")) {
      assertThat(rules.read(ASKS, "field", inside, _ -> false))
          .isEqualTo(new AddressRules.Result.Read(ip(inside)));
    }
    for (String outside : List.of("10.0.0.90", "fd00::200", "203.0.113.10")) {
      assertThat(rules.read(ASKS, "field", outside, _ -> false).toString())
          .contains("no range of the pools");
      assertThat(rules.read(ASKS, "field", outside, _ -> true))
          .as("the Service has it already")
          .isEqualTo(new AddressRules.Result.Read(ip(outside)));
    }
    assertThat(rules.read(ASKS, "field", "10.0.0.11", _ -> true).toString())
        .as("a pool gives nobody the address of a node")
        .contains("node n1");
    AddressRules told = book().known(pools).rules(RuleBook.allowed("10.0.0.90"), Set.of());
    assertThat(told.read(ASKS, "field", "10.0.0.90", _ -> false))
        .as("who says which addresses are allowed need not have them in a pool")
        .isEqualTo(new AddressRules.Result.Read(ip("10.0.0.90")));
    assertThat(told.read(ASKS, "field", "10.0.0.100", _ -> false).toString())
        .contains("allowed ranges");
  }

  @ParameterizedTest
  @CsvSource({
    "elsewhere, 10.0.0.60",
    "elsewhere, fd00::60",
    "ignored, 10.0.0.61",
    "routed, 10.0.0.62",
    "routed, fd00::62"
  })
  void aServicesOwnAddressIsNotAgainstItself(String name, String address) {
    assertThat(RULES.read(ObjectKey.of("default", name), "field", address, _ -> false))
        .isEqualTo(new AddressRules.Result.Read(ip(address)));
  }

  @Test
  void whoHasAnAddressOfTheControlPlaneLosesIt() {
    AddressRules rules = book().rules(List.of(), Set.of(ip("10.0.0.70")));
    assertThat(rules.read(ASKS, "field", "10.0.0.70", _ -> true).toString())
        .contains("the control plane of nodes c1, c2");
  }

  private static List<ServiceReading> readings(
      ClassPolicy classes, Set<InetAddress> begun, V1Service... services) {
    AddressRules rules =
        new RuleBook().services(List.of(services), classes).rules(List.of(), begun);
    return Stream.of(services).map(each -> ServiceReader.read(each, classes, rules)).toList();
  }

  @Test
  void whoeverHasAnAddressKeepsItWhenAnotherWritesItDown() {
    V1Service ours = withStatus(service("ours", null), "10.0.0.70");
    V1Service late = service("late", null);
    late.getSpec().type("ClusterIP").externalIPs(List.of("10.0.0.70"));
    V1Service left = withStatus(service("left", null), "10.0.0.70");
    left.getMetadata().getAnnotations().put(KubeVipNames.IGNORE, "true");
    assertThat(readings(ClassPolicy.DEFAULT, Set.of(), ours, late, left).getFirst())
        .isInstanceOf(ServiceReading.Asks.class);
    V1Service untold = service("ours", "10.0.0.70");
    assertThat(readings(ClassPolicy.DEFAULT, Set.of(ip("10.0.0.70")), untold, late).getFirst())
        .as("held, but not told yet")
        .isInstanceOf(ServiceReading.Asks.class);
    assertThat(readings(ClassPolicy.DEFAULT, Set.of(), untold, late).getFirst())
        .isInstanceOf(ServiceReading.Nothing.class);
  }

  @Test
  void servicesOfOursShareAnAddressWhateverTheirStatusShows() {
    V1Service one = withStatus(service("one", "10.0.0.70"), "10.0.0.70");
    one.getSpec().externalIPs(List.of("10.0.0.71"));
    V1Service two = service("two", "10.0.0.70");
    V1Service leaving = withStatus(service("leaving", null), "10.0.0.70");
    leaving.getMetadata().deletionTimestamp(OffsetDateTime.parse("2030-01-01T00:00:00Z"));
    assertThat(readings(ClassPolicy.DEFAULT, Set.of(), one, two, leaving).subList(0, 2))
        .allSatisfy(reading -> assertThat(reading).isInstanceOf(ServiceReading.Asks.class));
  }

  @Test
  void aServiceThatBecomesOursKeepsWhatAnotherControllerGaveIt() {
    V1Service service = withStatus(service("a", null), "10.0.0.70");
    service.getSpec().loadBalancerClass("example.com/other");
    V1Service wants = service("wants", "10.0.0.70");
    List<ServiceReading> before = readings(ClassPolicy.DEFAULT, Set.of(), service, wants);
    assertThat(before.get(0)).isInstanceOf(ServiceReading.NotOurs.class);
    assertThat(before.get(1).toString()).contains("Service default/a", "example.com/other");
    List<ServiceReading> after =
        readings(new ClassPolicy("example.com/other", false, true), Set.of(), service, wants);
    assertThat(after)
        .allSatisfy(reading -> assertThat(reading).isInstanceOf(ServiceReading.Asks.class));
  }

  @Property(tries = 3000)
  void noTextOfATenantThrows(
      @ForAll
          @StringLength(max = 60)
          @CharRange(from = '0', to = '9')
          @CharRange(from = 'a', to = 'g')
          @Chars({':', '.', '%', '/', '-', ' ', '\u00e9'})
          String text) {
    RULES.read(ASKS, "field", text, _ -> false);
  }

  @ParameterizedTest
  @CsvSource({"fd00::100%eth0", "fd00::100%99999999999", "fd00::100%", "fe80::1%lo", "%", "'::%1'"})
  void anInterfaceBehindAnAddressIsRefused(String text) {
    assertThat(RULES.read(ASKS, "field", text, _ -> false).toString()).contains("is no IP address");
  }
}
