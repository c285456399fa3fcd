package dev.thresher.vip.election;

import static dev.thresher.vip.election.Net.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrefixTest {

  @ParameterizedTest
  @CsvSource({
    "192.0.2.77/24, 192.0.2.0/24",
    "192.0.2.77/26, 192.0.2.64/26",
    "192.0.2.77/0, 0.0.0.0/0",
    "192.0.2.77/32, 192.0.2.77/32",
    "2001:db8:1:2:3::4/64, 2001:db8:1:2::/64",
    "2001:db8:1:2:3::4/49, 2001:db8:1::/49",
  })
  void namesItsNetwork(String prefix, String network) {
    assertThat(Prefix.parse(prefix).network()).isEqualTo(network);
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3/24, 10.1.2.200, true",
    "10.1.2.3/24, 10.1.3.0, false",
    "10.1.2.3/20, 10.1.15.255, true",
    "10.1.2.3/20, 10.1.16.0, false",
    "10.1.2.3/0, 192.0.2.1, true",
    "10.1.2.3/0, fd00::1, false",
    "fd00:0:0:1::1/64, fd00:0:0:1:ffff::9, true",
    "fd00:0:0:1::1/64, fd00:0:0:2::9, false",
    "fd00::1/127, fd00::0, true",
  })
  void coversItsSubnet(String prefix, String address, boolean covered) {
    assertThat(Prefix.parse(prefix).covers(ip(address))).isEqualTo(covered);
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3/24, 10.1.2.0, true, false",
    "10.1.2.3/24, 10.1.2.255, false, true",
    "10.1.2.3/24, 10.1.2.254, false, false",
    "10.1.2.2/31, 10.1.2.3, false, false",
    "10.1.2.2/30, 10.1.2.3, false, true",
    "fd00::1/64, fd00::, true, false",
    "fd00::1/64, fd00::ffff:ffff:ffff:ffff, false, false",
    "fd00::1/127, fd00::, false, false",
  })
  void knowsTheAddressesThatNoHostMayHave(
      String prefix, String address, boolean lowest, boolean broadcast) {
    assertThat(Prefix.parse(prefix).isLowest(ip(address))).isEqualTo(lowest);
    assertThat(Prefix.parse(prefix).isBroadcast(ip(address))).isEqualTo(broadcast);
  }

  @Test
  void refusesWhatIsNoPrefix() {
    assertThatThrownBy(() -> Prefix.parse("10.0.0.1")).hasMessageContaining("address/length");
    assertThatThrownBy(() -> Prefix.parse("10.0.0.1/33")).hasMessageContaining("0 to 32");
    assertThatThrownBy(() -> Prefix.parse("10.0.0.1/x")).hasMessageContaining("10.0.0.1/x");
  }
}
