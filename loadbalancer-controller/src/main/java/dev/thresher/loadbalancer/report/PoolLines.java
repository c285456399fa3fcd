package dev.thresher.loadbalancer.report;

import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.PoolProjection;
import dev.thresher.loadbalancer.report.Report.PoolLine;
import dev.thresher.loadbalancer.rules.PoolReading;
import dev.thresher.loadbalancer.rules.PoolRules;
import java.util.List;
import java.util.stream.Collectors;

/// The part about pools.
final class PoolLines {

  private PoolLines() {}

  static PoolLine of(IPPool object, List<Claim> all) {
    String name = object.getMetadata().getName();
    List<Claim> claims = Report.claimsOf(name, all);
    long used = claims.stream().filter(Claim::active).count();
    long released = claims.size() - used;
    return switch (PoolReading.of(object)) {
      case PoolReading.Broken broken ->
          new PoolLine(
              name, PoolRules.networkOf(object), "", 0, used, released, 0, broken.problem());
      case PoolReading.Usable(Pool pool) -> {
        PoolProjection projection = projection(object, pool, claims);
        yield new PoolLine(
            name,
            pool.network(),
            pool.ranges().stream()
                .map(range -> range.range().toString())
                .collect(Collectors.joining(",")),
            projection.total(),
            used,
            released,
            projection.available(),
            object.getMetadata().getDeletionTimestamp() == null ? "" : "being deleted");
      }
    };
  }

  static PoolProjection projection(IPPool object, Pool pool, List<Claim> claims) {
    return PoolProjection.of(
        pool, PoolReading.standing(object), claims, PoolReading.freedByHand(object));
  }
}
