package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.linux.InterfaceAddress;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Route;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterfaceSelectionTest {

  private static final LinuxNetwork NETWORK =
      new LinuxNetwork(
          List.of(
              ethernet(2, "eth0", true),
              ethernet(3, "eth1", true),
              ethernet(4, "eth2", false),
              new Link(5, "tun0", null, false, true, true, 1500, 0, "tun")),
          List.of(
              address(2, "192.0.2.10", 24),
              address(3, "192.0.2.140", 25),
              address(2, "2001:db8:1::10", 64),
              address(4, "198.51.100.1", 32),
              address(4, "203.0.113.5", 24),
              address(5, "10.8.0.1", 24)),
          List.of(
              route("0.0.0.0", "192.0.2.1", 2, 200),
              route("0.0.0.0", "203.0.113.1", 4, 100),
              route("::", "fe80::1", 2, 100)));

  @ParameterizedTest(name = "{0} is answered on {1}")
  @CsvSource({
    "192.0.2.20, eth0",
    "192.0.2.200, eth1",
    "203.0.113.77, eth2",
    "2001:db8:1::77, eth0",
    // No subnet: the default route of the family with the lowest metric.
    "198.51.100.1, eth2",
    "2001:db8:ffff::1, eth0",
    // The subnet's interface carries no Ethernet.
    "10.8.0.9, eth2",
  })
  void choosesBySubnetThenByDefaultRoute(String address, String expected) {
    assertThat(InterfaceSelection.choose(NETWORK, ip(address), InterfaceSelection.AUTOMATIC))
        .isEqualTo(new InterfaceChoice.Chosen(expected, !expected.equals("eth2")));
  }

  @Test
  void usesTheOtherFamilysDefaultRouteIfItsOwnHasNone() {
    LinuxNetwork onlyV4 =
        new LinuxNetwork(
            NETWORK.links(), List.of(), List.of(route("0.0.0.0", "192.0.2.1", 3, 100)));
    assertThat(InterfaceSelection.choose(onlyV4, ip("2001:db8::1"), InterfaceSelection.AUTOMATIC))
        .isEqualTo(new InterfaceChoice.Chosen("eth1", true));
  }

  @Test
  void takesTheNamedInterfaceWhateverItsAddresses() {
    assertThat(
            InterfaceSelection.choose(
                NETWORK, ip("192.0.2.20"), List.of(new InterfaceRule.Named("eth1"))))
        .isEqualTo(new InterfaceChoice.Chosen("eth1", true));
  }

  @ParameterizedTest(name = "port of {0}: {1}")
  @CsvSource({"bridge, br0", "bond, br0", "vrf, port", "team, port"})
  void whoBecomesThePortOfABridgeOrBondSpeaksByIt(String kind, String expected) {
    LinuxNetwork network =
        new LinuxNetwork(
            List.of(port(2, "port", 3, "veth"), port(3, "br0", 0, kind)),
            List.of(address(3, "192.0.2.10", 24)),
            List.of());
    assertThat(
            InterfaceSelection.choose(
                network, ip("192.0.2.20"), List.of(new InterfaceRule.Named("port"))))
        .isEqualTo(new InterfaceChoice.Chosen(expected, true));
  }

  @Test
  void aBondMayBeThePortOfABridge() {
    LinuxNetwork network =
        new LinuxNetwork(
            List.of(
                port(2, "eth0", 3, ""), port(3, "bond0", 4, "bond"), port(4, "br0", 0, "bridge")),
            List.of(),
            List.of());
    assertThat(
            InterfaceSelection.choose(
                network, ip("192.0.2.20"), List.of(new InterfaceRule.Named("eth0"))))
        .isEqualTo(new InterfaceChoice.Chosen("br0", true));
  }

  @Test
  void saysPerRuleWhyNoneWasFound() {
    assertThat(
            InterfaceSelection.choose(
                NETWORK,
                ip("192.0.2.20"),
                List.of(new InterfaceRule.Named("eth7"), new InterfaceRule.Named("tun0"))))
        .isInstanceOfSatisfying(
            InterfaceChoice.None.class,
            none ->
                assertThat(none.reason())
                    .contains("there is no interface eth7")
                    .contains("tun0 is not Ethernet"));
  }

  private static Link ethernet(int index, String name, boolean carrier) {
    return new Link(
        index, name, new MacAddress(0x020000000000L + index), true, true, carrier, 1500, 0, "veth");
  }

  private static Link port(int index, String name, int master, String kind) {
    return new Link(
        index, name, new MacAddress(0x020000000000L + index), true, true, true, 1500, master, kind);
  }

  private static InterfaceAddress address(int index, String address, int prefixLength) {
    return new InterfaceAddress(index, ip(address), prefixLength, 0);
  }

  private static Route route(String destination, String gateway, int index, int metric) {
    return new Route(ip(destination), 0, ip(gateway), index, Route.MAIN_TABLE, metric, 3);
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
