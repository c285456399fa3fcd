package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Pools and claims for tests.
final class Pools {

  private Pools() {}

  static Pool pool(String name, PoolRange... ranges) {
    return new Pool(name, "", 0, List.of(), List.of(ranges));
  }

  /// `subnet [start [end [gateway]]]`, `-` for an absent field; exclusions apart.
  static PoolRange range(String text, String... exclude) {
    var fields = new ArrayList<>(List.of(text.split(" ")));
    while (fields.size() < 4) {
      fields.add("-");
    }
    fields.replaceAll(field -> field.equals("-") ? "" : field);
    return PoolRange.parse(
        "spec.ranges[0]",
        fields.get(0),
        fields.get(1),
        fields.get(2),
        fields.get(3),
        List.of(exclude));
  }

  static IpAddress ip(String text) {
    return IpAddress.parse(text);
  }

  static Claim claim(Pool pool, String address, String owner, int second) {
    return claim(pool, address, owner, second, null);
  }

  static Claim claim(
      Pool pool, String address, String owner, int second, @Nullable Instant releasedAt) {
    String[] parts = owner.split("/", -1);
    return new Claim(
        "uid-" + address,
        "1",
        new ClaimKey(pool.network(), ip(address)),
        pool.name(),
        new Owner(parts[0], parts[1]),
        "uid-of-" + owner,
        "",
        Placement.GUEST,
        24,
        null,
        false,
        Instant.ofEpochSecond(second),
        releasedAt,
        "");
  }
}
