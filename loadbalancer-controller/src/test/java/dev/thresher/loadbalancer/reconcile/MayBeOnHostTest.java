package dev.thresher.loadbalancer.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Placement;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Whether host objects of a load balancer are looked for.
final class MayBeOnHostTest {

  @ParameterizedTest
  @CsvSource({
    // Without claims what is asked for decides.
    "pool, guest, '', false",
    "pool, host, '', true",
    "dhcp, guest, '', true",
    // With claims these decide, and one is enough.
    "pool, host, GUEST, false",
    "pool, guest, HOST, true",
    "pool, guest, GUEST HOST, true",
    "pool, guest, HOST GUEST, true",
  })
  void isWhatClaimsSayElseWhatIsAskedFor(
      String ipam, String placement, String claims, boolean expected) {
    LoadBalancer object = World.cluster("a");
    object.getSpec().ipam(ipam).placement(placement);
    List<Claim> held =
        Arrays.stream(claims.split(" "))
            .filter(word -> !word.isEmpty())
            .map(word -> claim(Placement.valueOf(word)))
            .toList();
    assertThat(Wish.of(object).mayBeOnHost(held)).isEqualTo(expected);
  }

  private static Claim claim(Placement placement) {
    return new Claim(
        "uid",
        "1",
        new ClaimKey("", IpAddress.parse("192.0.2.2")),
        "pool",
        new Owner(World.NS, "a"),
        "uid-of-a",
        "",
        placement,
        24,
        null,
        false,
        Instant.EPOCH,
        null,
        "");
  }
}
