package dev.thresher.loadbalancer.ipam;

import static dev.thresher.loadbalancer.ipam.Pools.claim;
import static dev.thresher.loadbalancer.ipam.Pools.pool;
import static dev.thresher.loadbalancer.ipam.Pools.range;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.loadbalancer.ipam.PoolProjection.Standing;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class PoolProjectionTest {

  private static final Pool POOL = pool("p", range("192.0.2.0/24 192.0.2.10 192.0.2.19"));
  private static final Instant RELEASED = Instant.ofEpochSecond(1000);

  private static PoolProjection project(Standing standing, Claim... claims) {
    return PoolProjection.of(POOL, standing, List.of(claims), Map.of());
  }

  private static Standing standing(
      String last, Map<String, String> allocated, Map<String, String> history) {
    return new Standing(last, allocated, history);
  }

  @Test
  void emptyPool() {
    PoolProjection projection = project(Standing.EMPTY);

    assertThat(projection)
        .isEqualTo(new PoolProjection(10, 10, "", new TreeMap<>(), new TreeMap<>(), Set.of(), 0));
  }

  @Test
  void claimsAreAllocated() {
    PoolProjection projection =
        project(
            Standing.EMPTY,
            claim(POOL, "192.0.2.11", "ns/b", 2),
            claim(POOL, "192.0.2.10", "ns/a", 1));

    assertThat(projection.allocated())
        .containsExactly(Map.entry("192.0.2.10", "ns/a"), Map.entry("192.0.2.11", "ns/b"));
    assertThat(projection.available()).isEqualTo(8);
    assertThat(projection.lastAllocated()).isEqualTo("192.0.2.11");
  }

  @Test
  void releasedClaimBecomesHistory() {
    PoolProjection projection =
        project(
            standing("192.0.2.10", Map.of("192.0.2.10", "ns/a"), Map.of()),
            claim(POOL, "192.0.2.10", "ns/a", 1, RELEASED));

    assertThat(projection.allocated()).isEmpty();
    assertThat(projection.history()).containsExactly(Map.entry("192.0.2.10", "ns/a"));
    assertThat(projection.available()).isEqualTo(10);
    assertThat(projection.lastAllocated()).isEqualTo("192.0.2.10");
  }

  @Test
  void historyEndsWhenTheAddressIsGivenAgain() {
    PoolProjection projection =
        project(
            standing("", Map.of(), Map.of("192.0.2.10", "ns/a", "192.0.2.11", "ns/b")),
            claim(POOL, "192.0.2.10", "ns/c", 1));

    assertThat(projection.history()).containsExactly(Map.entry("192.0.2.11", "ns/b"));
  }

  @Test
  void historyOutsideTheRangesIsDropped() {
    PoolProjection projection =
        project(
            standing("", Map.of(), Map.of("192.0.2.99", "ns/a", "x", "ns/x", "192.0.2.12", "n/b")));

    assertThat(projection.history()).containsOnlyKeys("192.0.2.12");
  }

  @Test
  void entryWithoutClaimStaysAndCounts() {
    PoolProjection projection =
        project(standing("192.0.2.12", Map.of("192.0.2.12", "ns/old"), Map.of()));

    assertThat(projection.allocated()).containsExactly(Map.entry("192.0.2.12", "ns/old"));
    assertThat(projection.unclaimed()).containsExactly("192.0.2.12");
    assertThat(projection.unclaimedEntries()).containsExactly("192.0.2.12 ns/old");
    assertThat(projection.available()).isEqualTo(9);
  }

  @Test
  void entryWithoutClaimIsFreedByHandForItsOwnerOnly() {
    Standing standing = standing("", Map.of("192.0.2.12", "ns/old"), Map.of());

    PoolProjection freed =
        PoolProjection.of(POOL, standing, List.of(), Map.of("192.0.2.12", "ns/old"));
    PoolProjection other =
        PoolProjection.of(POOL, standing, List.of(), Map.of("192.0.2.12", "ns/new"));

    assertThat(freed.allocated()).isEmpty();
    assertThat(freed.history()).containsExactly(Map.entry("192.0.2.12", "ns/old"));
    assertThat(other.unclaimed()).containsExactly("192.0.2.12");
  }

  @Test
  void claimInUseIsNotFreedByHand() {
    PoolProjection projection =
        PoolProjection.of(
            POOL,
            standing("", Map.of("192.0.2.12", "ns/a"), Map.of()),
            List.of(claim(POOL, "192.0.2.12", "ns/a", 1)),
            Map.of("192.0.2.12", "ns/a"));

    assertThat(projection.allocated()).containsOnlyKeys("192.0.2.12");
  }

  @Test
  void takenOverEntriesDoNotMoveTheCursor() {
    PoolProjection projection =
        project(
            standing("192.0.2.10", Map.of("192.0.2.10", "ns/a", "192.0.2.15", "ns/b"), Map.of()),
            claim(POOL, "192.0.2.10", "ns/a", 1),
            claim(POOL, "192.0.2.15", "ns/b", 2));

    assertThat(projection.lastAllocated()).isEqualTo("192.0.2.10");
    assertThat(projection.unclaimed()).isEmpty();
  }

  @Test
  void claimMadeBeforeACrashMovesTheCursorAfterwards() {
    PoolProjection projection =
        project(
            standing("192.0.2.10", Map.of("192.0.2.10", "ns/a"), Map.of()),
            claim(POOL, "192.0.2.10", "ns/a", 1),
            claim(POOL, "192.0.2.11", "ns/b", 2));

    assertThat(projection.lastAllocated()).isEqualTo("192.0.2.11");
  }

  @Test
  void projectionOfItselfChangesNothing() {
    Claim[] claims = {
      claim(POOL, "192.0.2.10", "ns/a", 1), claim(POOL, "192.0.2.11", "ns/b", 2, RELEASED)
    };
    PoolProjection first =
        project(standing("", Map.of("192.0.2.19", "ns/old"), Map.of("192.0.2.18", "n/h")), claims);
    PoolProjection second =
        project(standing(first.lastAllocated(), first.allocated(), first.history()), claims);

    assertThat(second).isEqualTo(first);
  }

  @Test
  void claimsOutsideTheRangesDoNotCountAgainstThem() {
    PoolProjection projection = project(Standing.EMPTY, claim(POOL, "192.0.2.200", "ns/a", 1));

    assertThat(projection.allocated()).containsOnlyKeys("192.0.2.200");
    assertThat(projection.available()).isEqualTo(10);
  }

  @Test
  void hugePoolsSaturateTheirNumbers() {
    Pool huge = pool("six", range("2001:db8::/63"));
    PoolProjection projection =
        PoolProjection.of(
            huge, Standing.EMPTY, List.of(claim(huge, "2001:db8::5", "ns/a", 1)), Map.of());

    assertThat(huge.size()).isGreaterThan(BigInteger.valueOf(Long.MAX_VALUE));
    assertThat(projection.total()).isEqualTo(Long.MAX_VALUE);
    assertThat(projection.available()).isEqualTo(Long.MAX_VALUE);
    assertThat(projection.lastAllocated()).isEqualTo("2001:db8::5");
  }

  @Test
  void historyGivesWayFirstAndTheNewestLast() {
    Pool big = pool("big", range("10.0.0.0/16"));
    var history = new TreeMap<String, String>();
    for (int i = 0; i < 5000; i++) {
      history.put("10.0." + i / 250 + "." + (i % 250 + 2), "namespace/" + "n".repeat(30) + i);
    }
    Claim released = claim(big, "10.0.200.9", "ns/newest", 1, RELEASED);
    PoolProjection projection =
        PoolProjection.of(big, new Standing("", Map.of(), history), List.of(released), Map.of());

    assertThat(projection.history()).hasSizeBetween(1000, 4000).containsKey("10.0.200.9");
    assertThat(projection.truncated()).isZero();
  }

  @Test
  void allocatedEntriesBeyondTheObjectsSizeAreLeftOutAndCounted() {
    Pool big = pool("big", range("10.0.0.0/15"));
    var claims = new ArrayList<Claim>();
    for (int i = 0; i < 30_000; i++) {
      claims.add(
          claim(
              big,
              "10." + i / 62_500 + "." + i / 250 % 250 + "." + (i % 250 + 2),
              "n/" + "x".repeat(40) + i,
              i));
    }
    PoolProjection projection = PoolProjection.of(big, Standing.EMPTY, claims, Map.of());

    assertThat(projection.truncated()).isGreaterThan(5_000);
    assertThat(projection.allocated().size() + projection.truncated()).isEqualTo(30_000);
    assertThat(projection.available()).isEqualTo(131_069 - 30_000);
    assertThat(projection.history()).isEmpty();
  }

  /// What no claim speaks for is known from the status alone: left out, it would be given again.
  @Test
  void entriesWithoutAClaimAreNeverLeftOut() {
    Pool big = pool("big", range("10.0.0.0/15"));
    var claims = new ArrayList<Claim>();
    var said = new TreeMap<String, String>();
    for (int i = 0; i < 4_000; i++) {
      String end = "." + i / 250 + "." + (i % 250 + 2);
      claims.add(claim(big, "10.0" + end, "n/" + "x".repeat(240) + i, i));
      // Behind all claims, where the entries that do not fit are taken from.
      said.put("10.1" + end, "n/" + "y".repeat(60) + i);
    }

    PoolProjection projection =
        PoolProjection.of(
            big,
            standing("", said, Map.of("10.0.200.1", "n/" + "z".repeat(250))),
            claims,
            Map.of());

    assertThat(projection.truncated()).isBetween(500, 2_000);
    assertThat(projection.allocated())
        .containsAllEntriesOf(said)
        .hasSize(8_000 - projection.truncated());
    assertThat(projection.unclaimed()).isEqualTo(said.keySet());
    assertThat(projection.unclaimedEntries()).hasSize(4_000);
    assertThat(projection.available()).isEqualTo(131_069 - 8_000);
    assertThat(projection.history()).isEmpty();
  }

  /// More than fits stood there before.
  @Test
  void entriesWithoutAClaimStayThoughTheyAreTooMany() {
    Pool big = pool("big", range("10.0.0.0/15"));
    var said = new TreeMap<String, String>();
    for (int i = 0; i < 5_000; i++) {
      said.put("10.0." + i / 250 + "." + (i % 250 + 2), "n/" + "y".repeat(240) + i);
    }

    PoolProjection projection =
        PoolProjection.of(
            big,
            standing("", said, Map.of()),
            List.of(claim(big, "10.1.0.2", "n/claimed", 1)),
            Map.of());

    assertThat(projection.allocated()).isEqualTo(said);
    assertThat(projection.truncated()).isOne();
  }

  /// Each key stands in `metadata.managedFields` once more, and etcd refuses 1.5 MiB.
  @Test
  void theWholeObjectStaysBelowWhatEtcdTakes() {
    Pool big = pool("big", range("2001:db8::/64"));
    var claims = new ArrayList<Claim>();
    var history = new TreeMap<String, String>();
    for (int i = 0; i < 20_000; i++) {
      String end = ":1111:2222:3333:" + Integer.toHexString(0x1000 + i);
      claims.add(claim(big, "2001:db8:0:0" + end, "namespace/" + "x".repeat(20) + i, i));
      history.put("2001:db8::1111:2222:4444:" + Integer.toHexString(0x1000 + i), "n/h" + i);
    }
    PoolProjection projection =
        PoolProjection.of(big, new Standing("", Map.of(), history), claims, Map.of());

    int managed =
        projection.allocated().keySet().stream().mapToInt(key -> key.length() + 8).sum()
            + projection.history().keySet().stream().mapToInt(key -> key.length() + 8).sum();
    int entries =
        projection.allocated().entrySet().stream()
            .mapToInt(entry -> entry.getKey().length() + entry.getValue().length() + 6)
            .sum();
    assertThat(entries + managed).isLessThan(1_450_000);
    assertThat(projection.truncated()).isPositive();
    assertThat(projection.allocated()).hasSizeGreaterThan(11_000);
  }

  @Test
  void eighteenThousandOfIpv4Fit() {
    Pool big = pool("big", range("10.0.0.0/15"));
    var claims = new ArrayList<Claim>();
    for (int i = 0; i < 18_000; i++) {
      claims.add(
          claim(
              big,
              "10.0." + i / 250 + "." + (i % 250 + 2),
              "default/guest-1-default-web-" + String.format("%08x", i),
              i));
    }

    assertThat(PoolProjection.of(big, Standing.EMPTY, claims, Map.of()).truncated()).isZero();
  }
}
