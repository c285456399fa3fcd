package dev.thresher.loadbalancer.ipam;

import static dev.thresher.api.address.IpFamily.IPV4;
import static dev.thresher.api.address.IpFamily.IPV6;
import static dev.thresher.loadbalancer.ipam.Pools.ip;
import static dev.thresher.loadbalancer.ipam.Pools.pool;
import static dev.thresher.loadbalancer.ipam.Pools.range;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AddressChoiceTest {

  private static final Pool POOL =
      pool("p", range("192.0.2.0/24 192.0.2.10 192.0.2.13 192.0.2.11"), range("198.51.100.0/30"));
  private static final Pool V6 =
      pool("six", range("2001:db8::/64"), range("2001:db8:1::/64 2001:db8:1::5 2001:db8:1::6"));

  private static Choice choose(
      Pool pool, IpFamily family, String wanted, String before, String last, String taken) {
    Set<IpAddress> busy = addresses(taken);
    return AddressChoice.choose(
        pool,
        new AddressChoice.Query(
            family,
            optional(wanted),
            List.copyOf(addresses(before)),
            optional(last),
            List.of(),
            Map.of()),
        busy::contains);
  }

  private static @Nullable IpAddress optional(String text) {
    return text.isEmpty() ? null : ip(text);
  }

  private static Set<IpAddress> addresses(String text) {
    return Arrays.stream(text.split(" "))
        .filter(t -> !t.isEmpty())
        .map(Pools::ip)
        .collect(Collectors.toSet());
  }

  private static String text(Choice choice) {
    return switch (choice) {
      case Choice.Given(IpAddress address, PoolRange _, Choice.Why why) -> why + " " + address;
      case Choice.Refused(Choice.Cause cause, String _) -> cause.toString();
    };
  }

  @ParameterizedTest(name = "wanted {0}, before {1}, last {2}, taken {3}: {4}")
  @CsvSource(
      delimiter = '|',
      emptyValue = "",
      value = {
        // Round robin: the first, the next, over the gateway, into the next range, round.
        "'' | '' | ''          | ''          | NEXT 192.0.2.10",
        "'' | '' | 192.0.2.10  | ''          | NEXT 192.0.2.12",
        "'' | '' | 192.0.2.12  | ''          | NEXT 192.0.2.13",
        "'' | '' | 192.0.2.13  | ''          | NEXT 198.51.100.2",
        "'' | '' | 198.51.100.2| ''          | NEXT 192.0.2.10",
        // A free address that was passed is not taken before the round is over.
        "'' | '' | 192.0.2.12  | 192.0.2.13  | NEXT 198.51.100.2",
        "'' | '' | 192.0.2.12  | '192.0.2.13 198.51.100.2' | NEXT 192.0.2.10",
        // The last one is free again and the only one.
        "'' | '' | 192.0.2.12  | '192.0.2.10 192.0.2.13 198.51.100.2' | NEXT 192.0.2.12",
        "'' | '' | 192.0.2.12  | '192.0.2.10 192.0.2.12 192.0.2.13 198.51.100.2' | EXHAUSTED",
        // The last one has left the pool, or is of the other family.
        "'' | '' | 203.0.113.9 | ''          | NEXT 192.0.2.10",
        "'' | '' | 2001:db8::1 | ''          | NEXT 192.0.2.10",
        // What the owner had before comes first, if it may be given and is free.
        "'' | 192.0.2.13  | 192.0.2.10 | ''         | HAD_BEFORE 192.0.2.13",
        "'' | 192.0.2.13  | 192.0.2.10 | 192.0.2.13 | NEXT 192.0.2.12",
        "'' | 192.0.2.11  | 192.0.2.10 | ''         | NEXT 192.0.2.12",
        "'' | 203.0.113.9 | 192.0.2.10 | ''         | NEXT 192.0.2.12",
        "'' | 2001:db8::1 | 192.0.2.10 | ''         | NEXT 192.0.2.12",
        // What was asked for comes before that, and nothing else will do.
        "192.0.2.12  | 192.0.2.13 | 192.0.2.10 | ''         | WANTED 192.0.2.12",
        "192.0.2.12  | 192.0.2.13 | 192.0.2.10 | 192.0.2.12 | TAKEN",
        "192.0.2.11  | ''         | ''         | ''         | OUTSIDE_POOL",
        "192.0.2.99  | ''         | ''         | ''         | OUTSIDE_POOL",
      })
  void choosesInOrder(String wanted, String before, String last, String taken, String expected) {
    assertThat(text(choose(POOL, IPV4, wanted, before, last, taken))).isEqualTo(expected);
  }

  @ParameterizedTest(name = "wanted {0}, before {1}, last {2}, taken {3}: {4}")
  @CsvSource(
      delimiter = '|',
      emptyValue = "",
      value = {
        "'' | '' | ''             | ''            | NEXT 2001:db8::2",
        "'' | '' | 2001:db8::2    | 2001:db8::3   | NEXT 2001:db8::4",
        "'' | '' | 2001:db8::ffff:ffff:ffff:ffff | '' | NEXT 2001:db8:1::5",
        "'' | '' | 2001:db8:1::6  | 2001:db8::2   | NEXT 2001:db8::3",
        "'' | 2001:db8:1::6 | ''  | ''            | HAD_BEFORE 2001:db8:1::6",
        "2001:db8::abcd | '' | '' | ''            | WANTED 2001:db8::abcd",
        "2001:db8:0:0::abcd | '' | '' | 2001:db8::abcd | TAKEN",
      })
  void choosesInOrderInIpv6(
      String wanted, String before, String last, String taken, String expected) {
    assertThat(text(choose(V6, IPV6, wanted, before, last, taken))).isEqualTo(expected);
  }

  @Test
  void poolOfTheOtherFamilyIsNotExhausted() {
    assertThat(text(choose(V6, IPV4, "", "", "", ""))).isEqualTo("NO_SUCH_FAMILY");
    assertThat(text(choose(POOL, IPV6, "", "", "", ""))).isEqualTo("NO_SUCH_FAMILY");
  }

  @Test
  void givenAddressBringsItsRange() {
    assertThat(choose(POOL, IPV4, "", "", "192.0.2.13", ""))
        .isInstanceOfSatisfying(
            Choice.Given.class,
            given -> assertThat(given.range().subnet()).hasToString("198.51.100.0/30"));
  }

  @Test
  void refusalsSayWhatToDo() {
    assertThat(choose(POOL, IPV4, "192.0.2.11", "", "", ""))
        .isInstanceOfSatisfying(
            Choice.Refused.class,
            refused ->
                assertThat(refused.message())
                    .contains("192.0.2.11", "\"p\"", "gateway or exclusion", "ask for another"));
  }

  @Test
  void emptyRangeIsExhausted() {
    Pool empty = pool("p", range("192.0.2.0/30 192.0.2.1 192.0.2.1"));

    assertThat(text(choose(empty, IPV4, "", "", "", ""))).isEqualTo("EXHAUSTED");
  }

  @Test
  void lastAddressOfTheFamilyHasNoNext() {
    Pool top = pool("p", range("255.255.255.0/24 255.255.255.254 255.255.255.255"));

    assertThat(text(choose(top, IPV4, "", "", "255.255.255.255", "")))
        .isEqualTo("NEXT 255.255.255.254");
  }
}
