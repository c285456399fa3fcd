package dev.thresher.api.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import java.net.InetAddress;
import java.util.HashSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClaimNameTest {

  /// Computed outside of Java. A change here would free every address that is in use.
  @ParameterizedTest
  @CsvSource({
    "'', 192.0.2.10, v4-192-0-2-10-98869d427550f1269aa6dc2f22e10453",
    "'', ::ffff:192.0.2.10, v4-192-0-2-10-98869d427550f1269aa6dc2f22e10453",
    "default/vlan1, 192.0.2.10, v4-192-0-2-10-09c9dbd715979a0339963847a0b93bf9",
    "'', 2001:db8::1, v6-2001-db8--1-88d53b2c3c57d7c506d8ddb589c42917",
    "'', 2001:0DB8:0::1, v6-2001-db8--1-88d53b2c3c57d7c506d8ddb589c42917",
    "'', ::, v6----0a88111852095cae045340ea1f0b2799",
    "default/vlan1, 2001:db8:1111:2222:3333:4444:5555:6666,"
        + " v6-2001-db8-1111-2222-3333-444-044e234e1ad9f3eb6e86bcc47f34f4e4",
  })
  void neverChanges(String layer2Domain, String address, String expected) {
    assertThat(ClaimName.of(layer2Domain, InetAddress.ofLiteral(address))).isEqualTo(expected);
    assertThat(ClaimName.of(layer2Domain, IpAddress.parse(address))).isEqualTo(expected);
  }

  @Property
  void isADnsLabel(@ForAll String layer2Domain, @ForAll @Size(16) byte[] address) {
    assertThat(ClaimName.of(layer2Domain, IpAddress.of(address)))
        .matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")
        .hasSizeLessThanOrEqualTo(63);
  }

  @Test
  void differsByDomainAndAddress() {
    var names = new HashSet<String>();
    String[] domains = {"", "a/b", "a/bc", "ab/c"};
    String[] addresses = {"10.0.0.1", "10.0.0.2", "::a00:1", "2001:db8::1", "2001:db8:0:1::1"};
    for (String domain : domains) {
      for (String address : addresses) {
        names.add(ClaimName.of(domain, IpAddress.parse(address)));
      }
    }
    assertThat(names).hasSize(domains.length * addresses.length);
  }
}
