package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.thresher.vip.linux.InterfaceAddress;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Route;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnAddressesTest {

  private static final int LENT = 0x74;
  private static final Set<InetAddress> VIRTUAL = Set.of(InetAddresses.forString("10.0.0.100"));

  /// @param network links with their addresses: `name[!][>master] address...; ...`, `!` of one
  ///   without carrier, `*` before an address of one that is lent
  /// @param defaults links by which a default route leads
  private static LinuxNetwork network(String network, String defaults) {
    List<Link> links = new ArrayList<>();
    List<InterfaceAddress> addresses = new ArrayList<>();
    List<Route> routes = new ArrayList<>();
    for (String text : network.split(";", -1)) {
      List<String> parts = Arrays.asList(text.strip().split(" +", -1));
      int index = links.size() + 1;
      String[] name = parts.getFirst().split(">", -1);
      boolean carrier = !name[0].endsWith("!");
      String bare = name[0].replace("!", "");
      links.add(
          new Link(
              index,
              bare,
              MacAddress.parse("02:00:00:00:00:0" + index),
              true,
              true,
              carrier,
              1500,
              name.length > 1 ? Integer.parseInt(name[1]) : 0,
              bare.startsWith("br") ? "bridge" : ""));
      for (String part : parts.subList(1, parts.size())) {
        String[] address = part.replace("*", "").split("/", -1);
        addresses.add(
            new InterfaceAddress(
                index,
                InetAddresses.forString(address[0]),
                Integer.parseInt(address[1]),
                part.startsWith("*") ? LENT : 0));
      }
      if (defaults.contains(bare)) {
        routes.add(
            new Route(
                InetAddresses.forString("0.0.0.0"), 0, null, index, Route.MAIN_TABLE, 100, 3));
      }
    }
    return new LinuxNetwork(links, addresses, routes);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          named: its addresses alone                | eth0      | eth0 10.0.0.1/24 fd00::1/64 fe80::1/64; eth1 10.1.0.1/24 | eth1 | 10.0.0.1 fd00::1
          named: without carrier as well            | eth0      | eth0! 10.0.0.1/24; eth1 10.1.0.1/24                     | eth1 | 10.0.0.1
          named: alone in its subnet                | eth0      | eth0 10.0.0.1/32; eth1 10.1.0.1/24                      | eth1 | 10.0.0.1
          named: fd00::1/128 of DHCPv6              | eth0      | eth0 fd00::1/128 fe80::1/64                             | -    | fd00::1
          named: with a subnet before without       | eth0      | eth0 10.0.0.7/32 10.0.0.1/24                            | -    | 10.0.0.1
          named: the preferred one first            | eth1,eth0 | eth0 10.0.0.1/24; eth1 10.1.0.1/24                      | -    | 10.1.0.1 10.0.0.1
          named: a port stands for its bridge       | eth0      | eth0>2; br0 10.0.0.1/24; eth1 10.1.0.1/24               | eth1 | 10.0.0.1
          named: a device of containers             | cni0      | cni0 10.2.0.1/24; eth1 10.1.0.1/24                      | eth1 | 10.2.0.1
          named has none: the default route         | eth0      | eth0 fe80::1/64; eth1 10.1.0.1/24; eth2 10.2.0.1/24     | eth2 | 10.2.0.1
          named is not there: the default route     | eth0      | eth1 10.1.0.1/24; eth2 10.2.0.1/24                      | eth2 | 10.2.0.1
          named has none, no default route: all     | eth0      | eth0; eth1 10.1.0.1/24; eth2 10.2.0.1/24                | -    | 10.1.0.1 10.2.0.1
          none named: the default route             | -         | eth0 10.0.0.1/24; eth1 10.1.0.1/24                      | eth1 | 10.1.0.1
          none named: alone on the default route    | -         | eth0 10.0.0.1/24; eth1 10.1.0.1/32                      | eth1 | 10.1.0.1
          none named, no default route: all         | -         | eth0 10.0.0.1/24; eth1 10.1.0.1/24                      | -    | 10.0.0.1 10.1.0.1
          not those of containers                   | -         | lo 127.0.0.1/8 10.9.0.1/32; cni0 10.2.0.1/24; eth0      | -    | -
          not what is lent                          | eth0      | eth0 *10.0.0.9/32; eth1 10.1.0.1/24                     | eth1 | 10.1.0.1
          not what is virtual                       | eth0      | eth0 10.0.0.100/32; eth1 10.0.0.100/24 10.1.0.1/24      | eth1 | 10.1.0.1
          none yet                                  | eth0      | eth0! fe80::1/64                                        | -    | -
          """)
  void withoutANodeObject(
      String what, String names, String network, String defaults, String wanted) {
    assertThat(of(names, network, defaults, List.of())).as(what).isEqualTo(addresses(wanted));
  }

  private static List<InetAddress> of(
      String names, String network, String defaults, List<InetAddress> internal) {
    return new OwnAddresses(InterfaceNames.parse(names.replace("-", "")), VIRTUAL)
        .of(network(network, defaults), internal);
  }

  private static List<InetAddress> addresses(String text) {
    return text.equals("-")
        ? List.of()
        : Arrays.stream(text.split(" ", -1)).map(InetAddresses::forString).toList();
  }

  @Test
  void whatTheNodeObjectSaysGoesBeforeAllElseIfItIsHere() {
    String network = "eth0 10.0.0.1/24; eth1 10.1.0.1/24 fd01::1/64 10.0.0.100/32";
    assertThat(of("eth0", network, "-", addresses("fd01::1 10.1.0.1")))
        .isEqualTo(addresses("fd01::1 10.1.0.1"));
    assertThat(of("eth0", network, "-", addresses("10.7.7.7 10.1.0.1")))
        .as("an address of before")
        .isEqualTo(addresses("10.1.0.1"));
    assertThat(of("eth0", network, "-", addresses("10.7.7.7"))).isEqualTo(addresses("10.0.0.1"));
    assertThat(of("eth0", network, "-", addresses("10.0.0.100")))
        .as("the virtual address that the kubelet took for the node's")
        .isEqualTo(addresses("10.0.0.1"));
  }
}
