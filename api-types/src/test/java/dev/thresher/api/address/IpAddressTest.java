package dev.thresher.api.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpAddressTest {

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 192.0.2.1, IPv4",
    "0.0.0.0, 0.0.0.0, IPv4",
    "::ffff:192.0.2.1, 192.0.2.1, IPv4",
    "::ffff:c000:201, 192.0.2.1, IPv4",
    "2001:DB8:0:0:0:0:0:1, 2001:db8::1, IPv6",
    "2001:db8::0:1, 2001:db8::1, IPv6",
    // RFC 5952: one field of zeros stays, the longest run goes, the first of two equal runs goes.
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1, IPv6",
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1, IPv6",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1, IPv6",
    "::, ::, IPv6",
    "fe80::1, fe80::1, IPv6",
  })
  void readsAndWritesCanonicalText(String text, String canonical, String family) {
    IpAddress address = IpAddress.parse(text);
    assertThat(address).hasToString(canonical);
    assertThat(address.family().text()).isEqualTo(family);
    assertThat(IpAddress.parse(canonical)).isEqualTo(address).hasSameHashCodeAs(address);
    assertThat(IpAddress.of(address.inet())).isEqualTo(address);
    assertThat(IpAddress.of(address.bytes())).isEqualTo(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "10.1",
        "10.0.1",
        "167772161",
        "0x0a000001",
        "010.0.0.1",
        "10.0.0.256",
        "10.0.0.1 ",
        "10.0.0.1:80",
        "10.0.0.1/24",
        "[::1]",
        "fe80::1%eth0",
        "2001:db8::1::2",
        "localhost",
        "node-1.example.org",
        "*",
        "1-2",
      })
  void refusesWhatIsNoAddress(String text) {
    assertThat(IpAddress.tryParse(text)).isEmpty();
    assertThatThrownBy(() -> IpAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + text + "\"");
  }

  @Test
  void ordersIpv4BeforeIpv6AndByNumber() {
    assertThat(
            Stream.of("2001:db8::1", "::", "10.0.0.10", "10.0.0.9", "200.0.0.1", "9.0.0.0", "f::")
                .map(IpAddress::parse)
                .sorted()
                .map(IpAddress::toString))
        .containsExactly(
            "9.0.0.0", "10.0.0.9", "10.0.0.10", "200.0.0.1", "::", "f::", "2001:db8::1");
  }

  @Test
  void hasNeighboursWithinItsFamily() {
    assertThat(IpAddress.parse("10.0.0.255").next()).hasValue(IpAddress.parse("10.0.1.0"));
    assertThat(IpAddress.parse("2001:db8::").previous())
        .hasValue(IpAddress.parse("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff"));
    assertThat(IpAddress.parse("255.255.255.255").next()).isEmpty();
    assertThat(IpAddress.parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").next()).isEmpty();
    assertThat(IpAddress.parse("0.0.0.0").previous()).isEmpty();
    assertThat(IpAddress.parse("::").previous()).isEmpty();
  }

  @Test
  void measuresDistances() {
    BigInteger far = BigInteger.TWO.pow(64);
    IpAddress start = IpAddress.parse("2001:db8::1");
    assertThat(start.plus(far)).isEqualTo(IpAddress.parse("2001:db8:0:1::1"));
    assertThat(start.plus(far).minus(start)).isEqualTo(far);
    assertThat(start.minus(start.plus(far))).isEqualTo(far.negate());
    assertThatThrownBy(() -> start.minus(IpAddress.parse("10.0.0.1")))
        .hasMessageContaining("one family");
  }

  @Test
  void knowsSpecialAddresses() {
    assertThat(IpAddress.parse("0.0.0.0").isUnspecified()).isTrue();
    assertThat(IpAddress.parse("::").isUnspecified()).isTrue();
    assertThat(IpAddress.parse("127.0.0.1").isLoopback()).isTrue();
    assertThat(IpAddress.parse("::1").isLoopback()).isTrue();
    assertThat(IpAddress.parse("169.254.1.1").isLinkLocal()).isTrue();
    assertThat(IpAddress.parse("fe80::1").isLinkLocal()).isTrue();
    assertThat(IpAddress.parse("224.0.0.1").isMulticast()).isTrue();
    assertThat(IpAddress.parse("ff02::1").isMulticast()).isTrue();
    assertThat(IpAddress.parse("255.255.255.255").isBroadcast()).isTrue();
    assertThat(IpAddress.parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").isBroadcast()).isFalse();
    assertThat(IpAddress.parse("192.0.2.1").isLinkLocal()).isFalse();
  }

  @Property
  void readsWhatItWrites(@ForAll @Size(16) byte[] bytes) throws Exception {
    IpAddress address = IpAddress.of(InetAddress.getByAddress(bytes));
    assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
  }

  @Test
  void readsTheFamilyOfServices() {
    assertThat(IpFamily.parse("IPv4")).isEqualTo(IpFamily.IPV4).hasToString("IPv4");
    assertThat(IpFamily.parse("IPv6").other()).isEqualTo(IpFamily.IPV4);
    assertThatThrownBy(() -> IpFamily.parse("ipv6")).hasMessageContaining("\"ipv6\"");
  }
}
