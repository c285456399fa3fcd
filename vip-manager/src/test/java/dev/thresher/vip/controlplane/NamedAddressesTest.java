package dev.thresher.vip.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import com.google.common.net.InetAddresses;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Families;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamedAddressesTest {

  private static List<InetAddress> addresses(String text) {
    return Splitter.on(' ')
        .omitEmptyStrings()
        .splitToStream(text == null ? "" : text)
        .map(InetAddresses::forString)
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "FIRST, 2001:db8::1",
    "IPV4, 192.0.2.1",
    "IPV6, 2001:db8::1",
    "DUAL, 192.0.2.1 2001:db8::1"
  })
  void aNameStandsForTheAddressesOfTheMode(Families families, String expected) {
    var name = new NamedAddresses(List.of());
    assertThat(name.answered(addresses("2001:db8::1 192.0.2.1 192.0.2.2"), families))
        .isEqualTo(addresses(expected));
  }

  /// Answers one after the other, and what the name stands for after the last of them.
  @ParameterizedTest(name = "{0}, held {1}, answers {2}: {3}")
  @CsvSource({
    // A resolver that turns its list round.
    "IPV4, '', 192.0.2.1 192.0.2.2|192.0.2.2 192.0.2.1, 192.0.2.1",
    "FIRST, '', 2001:db8::1 192.0.2.1|192.0.2.1 2001:db8::1, 2001:db8::1",
    "IPV4, 192.0.2.2, 192.0.2.1 192.0.2.2, 192.0.2.2",
    "IPV4, 192.0.2.9, 192.0.2.1, 192.0.2.1",
    // One that is really another.
    "IPV4, '', 192.0.2.1|192.0.2.2, 192.0.2.2",
    "DUAL, '', 192.0.2.1 2001:db8::1|192.0.2.2 2001:db8::1, 192.0.2.2 2001:db8::1",
    // A family that is missing, and one that is gone.
    "DUAL, '', 192.0.2.1 2001:db8::1|192.0.2.1|192.0.2.1, 192.0.2.1 2001:db8::1",
    "DUAL, '', 192.0.2.1 2001:db8::1|192.0.2.1|192.0.2.1|192.0.2.1, 192.0.2.1",
    "DUAL, '', 192.0.2.1 2001:db8::1|192.0.2.1|192.0.2.1|192.0.2.1 2001:db8::1|192.0.2.1,"
        + " 192.0.2.1 2001:db8::1",
    "DUAL, '', 192.0.2.1|192.0.2.1 2001:db8::1, 192.0.2.1 2001:db8::1",
  })
  void whatTheAnswerDoesNotForceStays(
      Families families, String held, String answers, String expected) {
    var name = new NamedAddresses(addresses(held));
    List<InetAddress> last = List.of();
    for (String answer : Splitter.on('|').split(answers)) {
      last = name.answered(addresses(answer), families);
    }
    assertThat(last).isEqualTo(addresses(expected));
  }

  /// As from a line of /etc/hosts that names the machine itself, and from a resolver that blocks.
  @ParameterizedTest
  @CsvSource({
    "127.0.1.1",
    "127.0.0.1 ::1",
    "0.0.0.0",
    "0.0.0.7",
    "::",
    "169.254.1.1",
    "fe80::1",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "240.0.0.1",
    "''"
  })
  void whatNobodyCouldReachElsewhereIsNoAddress(String answer) {
    var name = new NamedAddresses(List.of());
    for (Families families : Families.values()) {
      assertThat(name.answered(addresses(answer), families)).isEmpty();
    }
    assertThat(name.answered(addresses(answer + " 192.0.2.1"), Families.DUAL))
        .isEqualTo(addresses("192.0.2.1"));
  }
}
