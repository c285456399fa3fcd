package dev.thresher.loadbalancer.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.rules.KubeVipPools.Given;
import dev.thresher.loadbalancer.rules.KubeVipPools.Import;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class KubeVipPoolsTest {

  private static IPPool only(Map<String, String> data, Given... given) {
    Import read = KubeVipPools.of(data, List.of(given));
    assertThat(read.problems()).isEmpty();
    assertThat(read.pools()).hasSize(1);
    return read.pools().get(0);
  }

  private static String ranges(IPPool pool) {
    return pool.getSpec().getRanges().stream()
        .map(range ->
            range.getSubnet()
                + (range.getRangeStart() == null
                    ? ""
                    : " " + range.getRangeStart() + " " + range.getRangeEnd()))
        .collect(Collectors.joining(", "));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "cidr-default | 172.16.10.0/24 | 172.16.10.0/24",
        "cidr-default | 172.16.10.5/24,172.16.20.0/24 | 172.16.10.0/24, 172.16.20.0/24",
        "cidr-default | 2001:db8::/64 | 2001:db8::/64",
        "range-default | 172.16.10.10-172.16.10.100 | 172.16.10.0/25 172.16.10.10 172.16.10.100",
        "range-default | 10.0.0.250-10.0.1.5, 10.9.0.1-10.9.0.2 | 10.0.0.0/23 10.0.0.250 10.0.1.5, 10.9.0.0/30 10.9.0.1 10.9.0.2",
        "range-default | 10.0.0.7-10.0.0.7 | 10.0.0.7/32 10.0.0.7 10.0.0.7",
        "range-default | 2001:db8::10-2001:db8::1f | 2001:db8::10/124 2001:db8::10 2001:db8::1f",
      })
  void readsSubnetsAndRanges(String key, String value, String expected) {
    IPPool pool = only(Map.of(key, value));

    assertThat(ranges(pool)).isEqualTo(expected);
    assertThat(pool.getMetadata().getName()).isEqualTo("default");
    assertThat(PoolReading.of(pool)).isInstanceOf(PoolReading.Usable.class);
  }

  @Test
  void aPoolServesItsNamespaceAndTheGlobalOneAll() {
    assertThat(PoolReading.scopes(only(Map.of("cidr-team-a", "192.0.2.0/24"))))
        .map(PoolReading::text)
        .containsExactly("*/team-a/*");
    assertThat(PoolReading.scopes(only(Map.of("range-global", "192.0.2.1-192.0.2.9"))))
        .map(PoolReading::text)
        .containsExactly("*/*/*");
  }

  @Test
  void subnetsCountWhereThereAreRangesToo() {
    assertThat(ranges(only(Map.of("range-a", "10.0.0.1-10.0.0.9", "cidr-a", "192.0.2.0/24"))))
        .isEqualTo("192.0.2.0/24");
  }

  @Test
  void addressesOfServicesAreAllocatedInTheirPoolElseInTheGlobalOne() {
    Import read =
        KubeVipPools.of(
            Map.of("cidr-a", "192.0.2.0/24", "cidr-global", "198.51.100.0/24"),
            List.of(
                new Given("192.0.2.7", "a/web"),
                new Given("198.51.100.7", "a/db"),
                new Given("198.51.100.8", "b/web"),
                new Given("203.0.113.9", "b/elsewhere"),
                new Given("0.0.0.0", "a/dhcp")));

    assertThat(read.pools())
        .extracting(pool -> pool.getStatus().getAllocated())
        .containsExactly(
            Map.of("192.0.2.7", "a/web"), Map.of("198.51.100.7", "a/db", "198.51.100.8", "b/web"));
  }

  @Test
  void whatMakesNoSenseIsSaidAndTheRestIsImported() {
    Import read =
        KubeVipPools.of(
            Map.of(
                "cidr-a", "192.0.2.0",
                "range-b", "10.0.0.1",
                "range-c", "10.0.0.1-2001:db8::1",
                "cidr-d", "192.0.2.0/24",
                "search-order", "desc",
                "interface", "eth0"),
            List.of());

    assertThat(read.pools()).extracting(pool -> pool.getMetadata().getName()).containsExactly("d");
    assertThat(read.problems())
        .hasSize(3)
        .anyMatch(problem ->
            problem.contains("key cidr-a: want CIDRs with commas between, got \"192.0.2.0\""));
  }
}
