package dev.thresher.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class AddressPlanTest {
  private final AddressPlan plan = new AddressPlan("00a7", 99);

  @Test
  void givesNoAddressTwice() throws UnknownHostException {
    var all = new ArrayList<Addresses>();
    for (int network = 0; network < AddressPlan.NETWORKS; network++) {
      for (int i = 1; i < 250; i += 8) {
        all.add(plan.node(network, i));
        all.add(plan.vm(network, i));
        all.add(plan.client(network, i));
        all.add(plan.free(network, i));
        all.add(plan.router(network, i));
      }
      all.add(plan.router(network, 0));
    }
    for (int cluster = 0; cluster < AddressPlan.CLUSTERS; cluster++) {
      all.add(plan.controlPlane(cluster));
      for (int n = 0; n < 32; n += 3) {
        for (int pod = 1; pod < 63; pod += 5) {
          all.add(plan.pod(cluster, n, pod));
        }
      }
    }
    all.add(plan.owner());

    var seen = new HashSet<InetAddress>();
    for (Addresses addresses : all) {
      for (String address : addresses.all()) {
        assertThat(seen.add(InetAddress.getByName(address))).as(address).isTrue();
      }
    }
  }

  @Test
  void staysWithinTheLabsRanges() {
    for (Addresses addresses :
        List.of(
            plan.node(7, 249),
            plan.pod(7, 31, 62),
            plan.free(7, 249),
            plan.services(7),
            plan.pods(7))) {
      assertThat(addresses.ipv4()).startsWith("10.99.");
      assertThat(addresses.ipv6()).startsWith("fd7a:6c61:a7:");
    }
    assertThat(plan.ipv4Range()).isEqualTo("10.99.0.0/16");
  }

  @Test
  void writesNetworksAsCidrs() {
    assertThat(plan.subnet(0)).isEqualTo(new Addresses("10.99.0.0/20", "fd7a:6c61:a7::/64"));
    assertThat(plan.subnet(1)).isEqualTo(new Addresses("10.99.16.0/20", "fd7a:6c61:a7:1::/64"));
    assertThat(plan.services(0))
        .isEqualTo(new Addresses("10.99.128.0/21", "fd7a:6c61:a7:80::/112"));
    assertThat(plan.podNetwork(1, 5))
        .isEqualTo(new Addresses("10.99.201.64/26", "fd7a:6c61:a7:c105::/64"));
    assertThat(plan.free(0)).isEqualTo(new Addresses("10.99.8.0/21", "fd7a:6c61:a7::8:0/112"));
    assertThat(plan.free(0, 1)).isEqualTo(new Addresses("10.99.8.1", "fd7a:6c61:a7::8:1"));
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plan.controlPlane(300))
        .withMessageContaining("room for");
    assertThatIllegalArgumentException().isThrownBy(() -> plan.pod(1, 32, 2));
    assertThatIllegalArgumentException().isThrownBy(() -> plan.services(8));
  }
}
