package dev.thresher.loadbalancer.rules;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.PoolRange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// An address for which somebody answers who is no load balancer: given away, it would be on two
/// machines at once, and whoever answers first would have its traffic.
///
/// @param network the layer-2 domain as `namespace/name`, empty for the management network; the
///   same number on another network is another address
/// @param holder who, as a sentence says it: `node "n1"`
public record Occupied(IpAddress address, String network, String holder) {

  private static final int NAMED = 10;

  /// The gateways of pools: those that they name, and the first address of a subnet for which none
  /// is named, since that is what whoever has an address of the pool is told.
  public static List<Occupied> gateways(Collection<Pool> pools) {
    return pools.stream().flatMap(Occupied::gateways).toList();
  }

  private static Stream<Occupied> gateways(Pool pool) {
    return pool.ranges().stream()
        .filter(range -> range.gateway() != null)
        .map(range ->
            new Occupied(
                range.gateway(),
                pool.network(),
                "the gateway of pool \""
                    + pool.name()
                    + "\""
                    + (isFirst(range) ? " (the first address of " + range.subnet() + ")" : "")));
  }

  private static boolean isFirst(PoolRange range) {
    return range
        .subnet()
        .network()
        .next()
        .filter(first -> first.equals(range.gateway()))
        .isPresent();
  }

  /// What is wrong with ranges that give away such addresses.
  ///
  /// @param passing addresses that are no reason: those that load balancers have may be on a node,
  ///   too
  static List<Violation> inRanges(
      Pool pool, Collection<Occupied> occupied, Predicate<IpAddress> passing) {
    var violations = new ArrayList<Violation>();
    for (int i = 0; i < pool.ranges().size(); i++) {
      PoolRange range = pool.ranges().get(i);
      List<Occupied> given =
          occupied.stream()
              .filter(one -> one.network().equals(pool.network()))
              .filter(one -> range.gives(one.address()) && !passing.test(one.address()))
              .distinct()
              .toList();
      if (!given.isEmpty()) {
        violations.add(
            new Violation(
                "spec.ranges[" + i + "]",
                range.range().toString(),
                "addresses that nobody answers for, other than " + named(given),
                "add them to spec.ranges[" + i + "].exclude, or narrow the range"));
      }
    }
    return violations;
  }

  private static String named(List<Occupied> given) {
    return given.stream()
            .limit(NAMED)
            .map(one -> one.address() + " of " + one.holder())
            .collect(Collectors.joining(", "))
        + (given.size() > NAMED ? " and " + (given.size() - NAMED) + " more" : "");
  }

  /// What is wrong with certain addresses that a load balancer asks for.
  ///
  /// @param network of the pool that they come from
  static List<Violation> wanted(
      LoadBalancer object, String network, Collection<Occupied> occupied) {
    return Asked.wanted(object).value().values().stream()
        .sorted()
        .flatMap(address ->
            occupied.stream()
                .filter(one -> one.network().equals(network) && one.address().equals(address))
                .limit(1))
        .map(one ->
            new Violation(
                Texts.fieldOfAnnotation(ThresherNames.WANTED_ADDRESSES),
                one.address().toString(),
                "an address that nobody else answers for, which " + one.holder() + " does",
                "ask for another address, or leave it out for any of the pool"))
        .toList();
  }
}
