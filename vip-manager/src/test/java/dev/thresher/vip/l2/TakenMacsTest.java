package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.NetlinkSocket;
import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Where nothing is to be taken; what is taken is tested with real packets.
class TakenMacsTest {
  private static final InetAddress VIP = RealNode.ip(RealNode.VIP4);
  private static final Link LINK =
      new Link(7, "eth0", new MacAddress(0x0200_0000_0001L), true, true, true, 1500, 0, "");

  /// Not wanted, or under a lease that the kernel does not end: no rule, no element.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void changesNoTransaction(boolean wanted) {
    TakenMacs macs = new TakenMacs(wanted);
    try (NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.Protocol.NETFILTER, 0).orThrow()) {
      macs.build(socket, true, false, true);
    }
    assertThat(macs.there()).isFalse();
    Batch batch = new Batch();
    macs.adding(batch, Map.of(VIP, LINK));
    macs.added(Map.of(VIP, LINK));
    macs.removing(batch, Set.of(VIP));
    macs.removed(Set.of(VIP));
    assertThat(batch.isEmpty()).isTrue();
    assertThat(macs.all().isEmpty()).isTrue();
  }
}
