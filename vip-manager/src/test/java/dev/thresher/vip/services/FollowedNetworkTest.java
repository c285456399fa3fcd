package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.l2.Claim;
import dev.thresher.vip.linux.InterfaceAddress;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FollowedNetworkTest {

  private static LinuxNetwork network(String ofEth0, String ofEth1) {
    return new LinuxNetwork(
        List.of(link(2, "eth0"), link(3, "eth1")),
        List.of(address(2, ofEth0), address(3, ofEth1)),
        List.of());
  }

  private static Link link(int index, String name) {
    return new Link(
        index, name, new MacAddress(0x0200_0000_0000L + index), true, true, true, 1500, 0, "");
  }

  private static InterfaceAddress address(int index, String text) {
    Prefix prefix = Prefix.parse(text);
    return new InterfaceAddress(index, prefix.address(), prefix.length(), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.50, 10.0.0.11/24, 10.9.0.11/24",
    "fd00::50, fd00::11/64, fd00:9::11/64",
  })
  void aHeldAddressGoesToTheInterfaceThatGotItsNetwork(String text, String its, String other) {
    InetAddress vip = ip(text);
    FakeNetwork network = new FakeNetwork(network(its, other));
    AddressKeeper keeper =
        new AddressKeeper(
            new FakeEnforcement("n1", new FakeEnforcement.Wire()),
            network,
            new VirtualTimeline(),
            () -> InterfaceNames.NONE,
            new Metrics());
    keeper.granted(Map.of(vip, Claim.TAKE_OVER));
    keeper.tell();
    assertThat(keeper.keeping().addresses().get(vip))
        .extracting(Keeping.Kept::state)
        .isEqualTo(new Keeping.State.Answering("eth0"));
    network.become(network(other, its));
    assertThat(keeper.keeping().addresses().get(vip))
        .extracting(Keeping.Kept::state)
        .isEqualTo(new Keeping.State.Answering("eth1"));
  }
}
