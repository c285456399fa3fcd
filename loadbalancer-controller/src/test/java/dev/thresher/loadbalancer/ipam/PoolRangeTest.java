package dev.thresher.loadbalancer.ipam;

import static dev.thresher.loadbalancer.ipam.Pools.ip;
import static dev.thresher.loadbalancer.ipam.Pools.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PoolRangeTest {

  @ParameterizedTest(name = "{0}: {1}-{2}, gateway {3}, {4} addresses")
  @CsvSource({
    "192.0.2.0/24, 192.0.2.1, 192.0.2.254, 192.0.2.1, 253",
    // Host bits mean nothing; the first usable address is .1 all the same.
    "192.0.2.1/24, 192.0.2.1, 192.0.2.254, 192.0.2.1, 253",
    "192.0.2.77/24, 192.0.2.1, 192.0.2.254, 192.0.2.1, 253",
    "192.0.2.0/24 192.0.2.10, 192.0.2.10, 192.0.2.254, 192.0.2.1, 245",
    "192.0.2.0/24 192.0.2.10 192.0.2.12, 192.0.2.10, 192.0.2.12, 192.0.2.1, 3",
    "192.0.2.0/24 192.0.2.12 192.0.2.10, 192.0.2.10, 192.0.2.12, 192.0.2.1, 3",
    "192.0.2.0/24 - - 192.0.2.254, 192.0.2.1, 192.0.2.254, 192.0.2.254, 253",
    "192.0.2.0/24 192.0.2.10 192.0.2.12 192.0.2.11, 192.0.2.10, 192.0.2.12, 192.0.2.11, 2",
    "192.0.2.0/31, 192.0.2.0, 192.0.2.1, 192.0.2.1, 1",
    "192.0.2.9/32, 192.0.2.9, 192.0.2.9, none, 1",
    "10.0.0.0/16, 10.0.0.1, 10.0.255.254, 10.0.0.1, 65533",
    "2001:db8::/64, 2001:db8::1, 2001:db8::ffff:ffff:ffff:ffff, 2001:db8::1, 18446744073709551614",
    "2001:db8::/64 2001:db8::10 2001:db8::1f, 2001:db8::10, 2001:db8::1f, 2001:db8::1, 16",
    "2001:db8::9/128, 2001:db8::9, 2001:db8::9, none, 1",
  })
  void fillsInHarvestersDefaults(
      String fields, String first, String last, String gateway, String size) {
    PoolRange range = range(fields);

    assertThat(range.range().first()).isEqualTo(ip(first));
    assertThat(range.range().last()).isEqualTo(ip(last));
    assertThat(Objects.toString(range.gateway(), "none")).isEqualTo(gateway);
    assertThat(range.size()).isEqualTo(new BigInteger(size));
  }

  @Test
  void givesNeitherGatewayNorExclusions() {
    PoolRange range =
        range(
            "192.0.2.0/28", "192.0.2.4", "192.0.2.6-192.0.2.7", "192.0.2.8/30", "198.51.100.0/24");

    assertThat(range.gives(ip("192.0.2.1"))).isFalse();
    assertThat(range.gives(ip("192.0.2.4"))).isFalse();
    assertThat(range.gives(ip("192.0.2.7"))).isFalse();
    assertThat(range.gives(ip("192.0.2.11"))).isFalse();
    assertThat(range.free()).hasToString("[192.0.2.2-192.0.2.3, 192.0.2.5, 192.0.2.12-192.0.2.14]");
    assertThat(range.size()).isEqualTo(BigInteger.valueOf(6));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "192.0.2.0 | spec.ranges[0].subnet: want a CIDR such as 192.0.2.0/24 or 2001:db8::/64, got \"192.0.2.0\"",
        "192.0.2.0/33 | spec.ranges[0].subnet",
        "192.0.2.0/24 198.51.100.1 | spec.ranges[0].rangeStart: want an address inside 192.0.2.0/24, got \"198.51.100.1\"",
        "192.0.2.0/24 - 2001:db8::1 | spec.ranges[0].rangeEnd: want an address inside 192.0.2.0/24, got \"2001:db8::1\"",
        "192.0.2.0/24 - - x | spec.ranges[0].gateway: want an IPv4 address, got \"x\"",
        "192.0.2.0/24 - - 2001:db8::1 | spec.ranges[0].gateway: want an IPv4 address",
      })
  void refusesByFieldAndValue(String fields, String message) {
    assertThatThrownBy(() -> range(fields))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesExclusionsOfTheOtherFamily() {
    assertThatThrownBy(() -> range("192.0.2.0/24", "192.0.2.3", "2001:db8::/64"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "spec.ranges[0].exclude[1]: want IPv4 addresses, as the subnet 192.0.2.0/24, got"
                + " \"2001:db8::/64\"");
    assertThatThrownBy(() -> range("192.0.2.0/24", "nonsense"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("spec.ranges[0].exclude[0]")
        .hasMessageContaining("nonsense");
  }
}
