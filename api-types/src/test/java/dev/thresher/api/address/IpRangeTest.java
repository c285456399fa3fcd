package dev.thresher.api.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpRangeTest {

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, 10.0.0.1, 1",
    "10.0.0.1-10.0.0.1, 10.0.0.1, 1",
    "10.0.0.1 - 10.0.0.9, 10.0.0.1-10.0.0.9, 9",
    "10.0.0.0/30, 10.0.0.0-10.0.0.3, 4",
    "2001:db8::/64, 2001:db8::-2001:db8::ffff:ffff:ffff:ffff, 18446744073709551616",
    "0.0.0.0/0, 0.0.0.0-255.255.255.255, 4294967296",
    "::/0, ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, 340282366920938463463374607431768211456",
  })
  void readsAndCounts(String text, String canonical, BigInteger size) {
    assertThat(IpRange.parse(text)).hasToString(canonical);
    assertThat(IpRange.parse(text).size()).isEqualTo(size);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-", "10.0.0.1-", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", "10.0.0.0/33", "a-b"})
  void refusesWhatIsNoRange(String text) {
    assertThatThrownBy(() -> IpRange.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void ordersItsEndsOnlyWhenAsked() {
    IpAddress one = IpAddress.parse("10.0.0.1");
    IpAddress nine = IpAddress.parse("10.0.0.9");
    assertThat(IpRange.between(nine, one)).isEqualTo(new IpRange(one, nine));
    assertThatThrownBy(() -> new IpRange(nine, one)).hasMessageContaining("10.0.0.9-10.0.0.1");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.2-10.0.0.9, 10.0.0.2, true",
    "10.0.0.2-10.0.0.9, 10.0.0.9, true",
    "10.0.0.2-10.0.0.9, 10.0.0.1, false",
    "10.0.0.2-10.0.0.9, 10.0.0.10, false",
    "10.0.0.2-10.0.0.9, ::a00:2, false",
    "2001:db8::/64, 2001:db8::ffff:0:0:1, true",
    "2001:db8::/64, 2001:db8:0:1::, false",
  })
  void containsWhatLiesBetween(String range, String address, boolean expected) {
    assertThat(IpRange.parse(range).contains(IpAddress.parse(address))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1-10.0.0.5, 10.0.0.5-10.0.0.9, 10.0.0.5",
    "10.0.0.1-10.0.0.5, 10.0.0.6-10.0.0.9,",
    "10.0.0.0/24, 10.0.0.7, 10.0.0.7",
    "10.0.0.0/24, ::/0,",
    "2001:db8::/32, 2001:db8:1::/48, 2001:db8:1::-2001:db8:1:ffff:ffff:ffff:ffff:ffff",
  })
  void overlapsWhereBothHaveAnAddress(String one, String other, String common) {
    IpRange a = IpRange.parse(one);
    IpRange b = IpRange.parse(other);
    assertThat(a.overlaps(b)).isEqualTo(common != null);
    assertThat(b.overlaps(a)).isEqualTo(common != null);
    assertThat(a.intersect(b).map(IpRange::toString).orElse(null)).isEqualTo(common);
  }

  @Test
  void leavesOutWhatIsExcluded() {
    IpRange range = IpRange.parse("10.0.0.1-10.0.0.20");
    assertThat(
            range.minus(
                Stream.of(
                        "10.0.0.1",
                        "10.0.0.5-10.0.0.9",
                        "10.0.0.18-10.0.0.30",
                        "::/0",
                        "10.9.0.0/16")
                    .map(IpRange::parse)
                    .toList()))
        .map(IpRange::toString)
        .containsExactly("10.0.0.2-10.0.0.4", "10.0.0.10-10.0.0.17");
    assertThat(range.minus(List.of(IpRange.parse("10.0.0.0/24")))).isEmpty();
    assertThat(range.minus(List.of())).containsExactly(range);
  }

  @Test
  void excludesFromAnIpv6SubnetWithoutWalkingIt() {
    assertThat(IpRange.parse("2001:db8::/64").minus(IpRange.parse("2001:db8::5")))
        .map(IpRange::toString)
        .containsExactly("2001:db8::-2001:db8::4", "2001:db8::6-2001:db8::ffff:ffff:ffff:ffff");
  }

  @Test
  void walksLazily() {
    assertThat(IpRange.parse("2001:db8::/64").stream().limit(3).map(IpAddress::toString))
        .containsExactly("2001:db8::", "2001:db8::1", "2001:db8::2");
    assertThat(IpRange.parse("10.0.0.254-10.0.1.1"))
        .map(IpAddress::toString)
        .containsExactly("10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1");
  }

  @Test
  void findsTheAddressAtAPlace() {
    IpRange range = IpRange.parse("2001:db8::/64");
    assertThat(range.at(range.size().subtract(BigInteger.ONE))).isEqualTo(range.last());
    assertThat(range.at(BigInteger.ZERO)).isEqualTo(range.first());
    assertThatThrownBy(() -> range.at(range.size())).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> range.at(BigInteger.ONE.negate()))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.77/24, 192.0.2.0/24, 192.0.2.1-192.0.2.254, 255.255.255.0",
    "192.0.2.4/30, 192.0.2.4/30, 192.0.2.5-192.0.2.6, 255.255.255.252",
    "192.0.2.4/31, 192.0.2.4/31, 192.0.2.4-192.0.2.5, 255.255.255.254",
    "192.0.2.4/32, 192.0.2.4/32, 192.0.2.4, 255.255.255.255",
    "0.0.0.0/0, 0.0.0.0/0, 0.0.0.1-255.255.255.254, 0.0.0.0",
    "2001:db8::77/64, 2001:db8::/64, 2001:db8::1-2001:db8::ffff:ffff:ffff:ffff, ffff:ffff:ffff:ffff::",
    "2001:db8::/126, 2001:db8::/126, 2001:db8::1-2001:db8::3, ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc",
    "2001:db8::/127, 2001:db8::/127, 2001:db8::-2001:db8::1, ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
    "2001:db8::1/128, 2001:db8::1/128, 2001:db8::1, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  })
  void knowsWhatHostsMayUse(String text, String canonical, String usable, String mask) {
    IpSubnet subnet = IpSubnet.parse(text);
    assertThat(subnet).hasToString(canonical);
    assertThat(subnet.usable()).hasToString(usable);
    assertThat(subnet.mask()).hasToString(mask);
    assertThat(subnet.contains(subnet.usable().first())).isTrue();
    assertThat(subnet.contains(subnet.last())).isTrue();
    assertThat(subnet).isEqualTo(IpSubnet.parse(canonical));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "192.0.2.0",
        "192.0.2.0/",
        "192.0.2.0/33",
        "192.0.2.0/-1",
        "192.0.2.0/024",
        "192.0.2.0/+8",
        "192.0.2/24",
        "2001:db8::/129",
        "/24",
        "192.0.2.0/255.255.255.0",
      })
  void refusesWhatIsNoSubnet(String text) {
    assertThat(IpSubnet.tryParse(text)).isEmpty();
    assertThatThrownBy(() -> IpSubnet.parse(text)).hasMessageContaining("\"" + text + "\"");
  }

  @Test
  void subnetsOfOneFamilyDoNotContainTheOther() {
    assertThat(IpSubnet.parse("::/0").contains(IpAddress.parse("10.0.0.1"))).isFalse();
    assertThat(IpSubnet.parse("0.0.0.0/0").contains(IpAddress.parse("::1"))).isFalse();
  }
}
