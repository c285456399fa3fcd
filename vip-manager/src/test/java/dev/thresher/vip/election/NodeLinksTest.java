package dev.thresher.vip.election;

import static dev.thresher.vip.election.Net.ip;
import static dev.thresher.vip.election.Net.link;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.l2.InterfaceChoice;
import dev.thresher.vip.l2.InterfaceSelection;
import dev.thresher.vip.linux.InterfaceAddress;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Route;
import dev.thresher.vip.packet.MacAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeLinksTest {

  private static final LinuxNetwork TWO =
      new LinuxNetwork(
          List.of(ethernet(2, "eth0"), ethernet(3, "eth1")),
          List.of(
              address(2, "10.0.0.1/24"),
              address(2, "fd00::1/64"),
              address(3, "192.0.2.1/24"),
              address(3, "2001:db8::1/64")),
          List.of(route("0.0.0.0", "10.0.0.254"), route("::", "fe80::1")));

  private static Link ethernet(int index, String name) {
    return new Link(
        index, name, MacAddress.parse("02:00:00:00:00:0" + index), true, true, true, 1500, 0, "");
  }

  private static InterfaceAddress address(int index, String text) {
    Prefix prefix = Prefix.parse(text);
    return new InterfaceAddress(index, prefix.address(), prefix.length(), 0);
  }

  private static Route route(String to, String by) {
    return new Route(ip(to), 0, ip(by), 2, Route.MAIN_TABLE, 100, 2);
  }

  @ParameterizedTest(name = "{0} of a Service that asks for \"{1}\" on a node with {2}: {3}")
  @CsvSource({
    "192.0.2.9,    '',           eth0,       DEFAULT_ROUTE, eth0",
    "192.0.2.9,    eth1,         eth0,       ON_LINK,       eth1",
    "2001:db8::9,  eth1,         eth0,       ON_LINK,       eth1",
    "198.51.100.9, eth1,         eth0,       ON_LINK,       eth1",
    "192.0.2.9,    auto,         eth0,       ON_LINK,       eth1",
    "2001:db8::9,  auto,         eth0,       ON_LINK,       eth1",
    "198.51.100.9, auto,         eth1,       DEFAULT_ROUTE, eth0",
    "192.0.2.9,    'eth8,eth*',  eth0,       ON_LINK,       eth1",
    "2001:db8::9,  eth9,         eth0,       NONE,          ''",
    "10.0.0.9,     eth0,         eth1,       ON_LINK,       eth0",
    "10.0.0.9,     '',           'eth1,br*', DEFAULT_ROUTE, eth1",
  })
  void aServiceMayAskForWhatIsNotConfiguredAndTheNodeAgreesWithTheOthers(
      String address, String wanted, String configured, Fit fit, String answeredOn) {
    InterfaceNames names = InterfaceNames.parse(configured);
    assertThat(NodeLinks.of(TWO, names).fit(ip(address), wanted)).isEqualTo(fit);
    var rules = InterfaceSelection.rules(wanted.isEmpty() ? names : InterfaceNames.parse(wanted));
    InterfaceChoice choice = InterfaceSelection.choose(TWO, ip(address), rules);
    if (answeredOn.isEmpty()) {
      assertThat(choice).isInstanceOf(InterfaceChoice.None.class);
    } else {
      assertThat(choice).isEqualTo(new InterfaceChoice.Chosen(answeredOn, true));
    }
  }

  /// A bond `bond0` of `eth0` and `eth1` in a bridge `br0`, which has the networks, and a bridge
  /// `br1` with the port `eth2`, which is down.
  private static LinuxNetwork bridged(boolean running) {
    return new LinuxNetwork(
        List.of(
            port(2, "eth0", 4, ""),
            port(3, "eth1", 4, ""),
            port(4, "bond0", 5, "bond"),
            new Link(5, "br0", mac(5), true, true, running, 1500, 0, "bridge"),
            port(6, "eth2", 7, ""),
            new Link(7, "br1", mac(7), true, true, true, 1500, 0, "bridge")),
        List.of(
            address(5, "10.0.0.1/24"),
            address(5, "fd00::1/64"),
            address(7, "192.0.2.1/24"),
            address(7, "2001:db8::1/64")),
        List.of());
  }

  private static MacAddress mac(int index) {
    return MacAddress.parse("02:00:00:00:00:0" + index);
  }

  private static Link port(int index, String name, int master, String kind) {
    return new Link(index, name, mac(index), true, true, true, 1500, master, kind);
  }

  @ParameterizedTest(name = "{0} of a Service that asks for \"{1}\" on a node with {2}: {3}")
  @CsvSource({
    "10.0.0.9,     eth0,        br1,   ON_LINK,       br0",
    "fd00::9,      eth1,        br1,   ON_LINK,       br0",
    "192.0.2.9,    '',          eth0,  DEFAULT_ROUTE, br0",
    "10.0.0.9,     '',          eth0,  ON_LINK,       br0",
    "10.0.0.9,     'eth2,eth0', br1,   ON_LINK,       br0",
    "2001:db8::9,  eth*,        br0,   ON_LINK,       br1",
    "198.51.100.9, eth2,        br0,   ON_LINK,       br1",
  })
  void aPortHasTheNetworksOfItsBridge(
      String address, String wanted, String configured, Fit fit, String answeredOn) {
    InterfaceNames names = InterfaceNames.parse(configured);
    LinuxNetwork network = bridged(true);
    assertThat(NodeLinks.of(network, names).fit(ip(address), wanted)).isEqualTo(fit);
    var rules = InterfaceSelection.rules(wanted.isEmpty() ? names : InterfaceNames.parse(wanted));
    assertThat(InterfaceSelection.choose(network, ip(address), rules))
        .isEqualTo(new InterfaceChoice.Chosen(answeredOn, true));
    NodeLinks down = NodeLinks.of(bridged(false), names);
    if (answeredOn.equals("br0")) {
      assertThat(down.fit(ip(address), wanted)).isNotEqualTo(Fit.ON_LINK);
    }
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.9, 10.0.0.0/24", "fd00::9, fd00::/64"})
  void aPortIsNotHeardWhereItsBridgeIsNot(String address, String network) {
    NodeLinks links = NodeLinks.of(bridged(true), InterfaceNames.parse("br1"));
    NodeLinks told = LeaseText.parseLinks(LeaseText.links(links));
    assertThat(told).isEqualTo(links);
    NodeLinks unheard = told.unheardOn(Map.of(network, "cut"));
    assertThat(unheard.fit(ip(address), "eth0")).isEqualTo(Fit.UNHEARD);
    assertThat(unheard.fit(ip(address), "eth2")).isEqualTo(Fit.ON_LINK);
    assertThat(unheard.among("eth0")).extracting(NodeLinks.NodeLink::name).containsExactly("br0");
  }

  /// What a node of the version before reads, too: it looks among the configured ones for what asks
  /// for none, as this one does.
  @Test
  void allNetworksAreToldInTheWordsOfTheVersionBefore() {
    NodeLinks links = NodeLinks.of(TWO, InterfaceNames.parse("eth1"));
    String text = LeaseText.links(links);
    assertThat(text.replace('"', '\''))
        .isEqualTo(
            "{'configured':'eth1','links':["
                + "{'name':'eth0','subnets':['10.0.0.1/24','fd00::1/64'],"
                + "'default4':true,'default6':true},"
                + "{'name':'eth1','subnets':['192.0.2.1/24','2001:db8::1/64']}]}");
    assertThat(LeaseText.parseLinks(text)).isEqualTo(links);
  }

  @Test
  void aNodeOfTheVersionBeforeHasWhatItTells() {
    NodeLinks told =
        LeaseText.parseLinks(
            "{'configured':'eth1','links':[{'name':'eth1','subnets':['192.0.2.1/24']}]}"
                .replace('\'', '"'));
    assertThat(told).isEqualTo(new NodeLinks("eth1", List.of(link("eth1", "192.0.2.1/24"))));
    assertThat(told.fit(ip("192.0.2.9"), "")).isEqualTo(Fit.ON_LINK);
    assertThat(told.fit(ip("10.0.0.9"), "eth0")).isEqualTo(Fit.NONE);
  }
}
