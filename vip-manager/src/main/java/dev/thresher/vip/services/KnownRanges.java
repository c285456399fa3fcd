package dev.thresher.vip.services;

import dev.thresher.api.address.IpRange;
import dev.thresher.api.address.IpSubnet;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.PoolRange;
import dev.thresher.vip.election.Prefix;
import io.kubernetes.client.openapi.models.V1ServiceCIDR;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The ranges of addresses that the cluster's objects name. Immutable.
///
/// @param settled whether all that can be known is: before that nothing is held
/// @param services ranges of the Services' cluster addresses, with the name of the object
/// @param pools addresses that pools have to give; none: there are no pools
public record KnownRanges(boolean settled, Map<Prefix, String> services, List<IpRange> pools) {

  /// There are none.
  public static final KnownRanges NONE = new KnownRanges(true, Map.of(), List.of());

  public KnownRanges {
    services = Map.copyOf(services);
    pools = List.copyOf(pools);
  }

  /// What cannot be read is left out: it holds nobody's addresses.
  static KnownRanges of(
      boolean settled, Collection<V1ServiceCIDR> services, Collection<IPPool> pools) {
    Map<Prefix, String> ranges = new HashMap<>();
    for (V1ServiceCIDR object : services) {
      if (object.getSpec() == null || object.getSpec().getCidrs() == null) {
        continue;
      }
      for (String text : object.getSpec().getCidrs()) {
        RuleBook.prefix(text)
            .ifPresent(range ->
                ranges.put(
                    range,
                    "the cluster addresses of Services (ServiceCIDR "
                        + object.getMetadata().getName()
                        + ")"));
      }
    }
    List<IpRange> given = new ArrayList<>();
    for (IPPool pool : pools) {
      if (pool.getSpec() != null && pool.getSpec().getRanges() != null) {
        pool.getSpec().getRanges().forEach(range -> range(range).ifPresent(given::add));
      }
    }
    return new KnownRanges(settled, ranges, given);
  }

  /// From the start to the end, or the subnet's; which of them the pool really gives is its matter.
  private static Optional<IpRange> range(PoolRange range) {
    try {
      IpRange subnet = IpSubnet.parse(text(range.getSubnet())).usable();
      String start = text(range.getRangeStart());
      String end = text(range.getRangeEnd());
      return Optional.of(
          IpRange.between(
              start.isEmpty() ? subnet.first() : IpRange.parse(start).first(),
              end.isEmpty() ? subnet.last() : IpRange.parse(end).last()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }
}
