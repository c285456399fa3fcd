package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.annotation;
import static dev.thresher.loadbalancer.rules.Texts.fieldOfAnnotation;
import static dev.thresher.loadbalancer.rules.Texts.text;
import static java.util.stream.Collectors.toSet;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.PoolRange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What an `IPPool` must be and how it may change.
///
/// The rules are those of Harvester's validator, seen by family and by network, since an address
/// given twice does harm only on one network, and pools of different families never compete: ranges
/// may overlap on different networks, and there is one global pool of each family. What Harvester's
/// own webhook would refuse is a warning then. As with load balancers, an update is refused only
/// for what it makes wrong.
public final class PoolRules {

  private PoolRules() {}

  /// An address that somebody has.
  ///
  /// @param owner `namespace/name`
  /// @param claimed whether a claim says so; else the pool's status alone does
  public record Use(IpAddress address, String owner, boolean claimed) {}

  /// What the rules must know besides the object.
  ///
  /// @param pools all pools; the one that is looked at may be among them
  /// @param uses who has which address of the pool
  /// @param networkExists whether there is a NetworkAttachmentDefinition `namespace/name`
  /// @param occupied who answers for which address besides load balancers; asked only when ranges
  ///   are new
  public record Surroundings(
      Collection<PoolReading> pools,
      List<Use> uses,
      Predicate<String> networkExists,
      Supplier<List<Occupied>> occupied) {
    public Surroundings {
      pools = List.copyOf(pools);
      uses = List.copyOf(uses);
    }

    /// In the order of their names, so that what is said of them does not depend on a cache.
    List<Pool> others(String name) {
      return pools.stream()
          .flatMap(reading -> reading.usable().stream())
          .filter(pool -> !pool.name().equals(name))
          .sorted(Comparator.comparing(Pool::name))
          .toList();
    }
  }

  /// Decides about an operation. A pool that is being deleted may always change.
  public static Verdict check(Operation<IPPool> operation, Surroundings surroundings) {
    return switch (operation) {
      case Operation.Create<IPPool>(IPPool object) -> {
        Verdict all = ofObject(object).and(PoolNeighbours.check(object, surroundings));
        yield all.and(network(object, surroundings))
            .and(occupied(object, surroundings, _ -> false));
      }
      case Operation.Update<IPPool>(IPPool before, IPPool after) ->
          after.getMetadata().getDeletionTimestamp() != null
              ? Verdict.PASS
              : update(before, after, surroundings);
      case Operation.Delete<IPPool>(IPPool object) ->
          PoolUses.deletion(object, surroundings.uses());
    };
  }

  /// What is wrong with a pool that got in, whoever let it.
  ///
  /// @param pools all pools; the one that is looked at may be among them
  public static List<Violation> ofStored(IPPool object, Collection<PoolReading> pools) {
    return ofStored(object, pools, List.of(), _ -> false);
  }

  /// The same, with what only the host knows.
  ///
  /// @param occupied who answers for which address besides load balancers
  /// @param inUse addresses that load balancers have, which are no reason
  public static List<Violation> ofStored(
      IPPool object,
      Collection<PoolReading> pools,
      Collection<Occupied> occupied,
      Predicate<IpAddress> inUse) {
    var violations =
        new ArrayList<>(
            ofObject(object)
                .and(
                    PoolNeighbours.check(
                        object, new Surroundings(pools, List.of(), _ -> true, List::of)))
                .refusals());
    PoolReading.of(object)
        .usable()
        .ifPresent(pool -> violations.addAll(Occupied.inRanges(pool, occupied, inUse)));
    return violations;
  }

  private static Verdict update(IPPool before, IPPool after, Surroundings surroundings) {
    var refusals = new ArrayList<Violation>();
    var warnings = new ArrayList<String>();
    Verdict now = ofObject(after).and(PoolNeighbours.check(after, surroundings));
    Verdict then = ofObject(before).and(PoolNeighbours.check(before, surroundings));
    refusals.addAll(now.refusals());
    refusals.removeAll(then.refusals());
    warnings.addAll(now.warnings());
    warnings.removeAll(then.warnings());
    refusals.addAll(PoolUses.cut(before, after, surroundings.uses()));
    if (!Objects.equals(reservationsOf(before), reservationsOf(after))) {
      PoolReading.of(after)
          .usable()
          .ifPresent(pool -> warnings.addAll(Tenancy.warnings(pool, surroundings.uses())));
    }
    boolean otherNetwork = !networkOf(before).equals(networkOf(after));
    Verdict changed = new Verdict(refusals, warnings);
    if (otherNetwork) {
      changed = changed.and(network(after, surroundings));
    }
    return otherNetwork || !ranges(before).equals(ranges(after))
        ? changed.and(occupied(after, surroundings, otherNetwork ? _ -> false : givenBy(before)))
        : changed;
  }

  /// @param had what the pool gave before, of which nothing is made wrong
  private static Verdict occupied(
      IPPool object, Surroundings surroundings, Predicate<IpAddress> had) {
    Optional<Pool> usable = PoolReading.of(object).usable();
    if (usable.isEmpty()) {
      return Verdict.PASS;
    }
    Pool pool = usable.get();
    var all = new ArrayList<>(surroundings.occupied().get());
    var pools = new ArrayList<>(surroundings.others(pool.name()));
    pools.add(pool);
    all.addAll(Occupied.gateways(pools));
    Set<IpAddress> inUse = surroundings.uses().stream().map(Use::address).collect(toSet());
    return Verdict.refuse(Occupied.inRanges(pool, all, had.or(inUse::contains)));
  }

  private static Predicate<IpAddress> givenBy(IPPool object) {
    return PoolReading.of(object)
        .usable()
        .<Predicate<IpAddress>>map(pool -> address -> pool.rangeGiving(address).isPresent())
        .orElse(_ -> false);
  }

  private static List<PoolRange> ranges(IPPool object) {
    return PoolReading.of(object).usable().map(Pool::ranges).orElse(List.of());
  }

  /// What is wrong with the pool, whatever is around it.
  static Verdict ofObject(IPPool object) {
    var refusals = new ArrayList<Violation>();
    switch (PoolReading.of(object)) {
      case PoolReading.Broken broken -> refusals.add(broken.violation());
      case PoolReading.Usable(Pool pool) -> {
        refusals.addAll(overlaps(pool));
        refusals.addAll(scopes(pool));
        refusals.addAll(Tenancy.check(object, pool));
      }
    }
    String network = networkOf(object);
    if (!Asked.isNetwork(network)) {
      refusals.add(
          new Violation(
              "spec.selector.network",
              network,
              "a NetworkAttachmentDefinition as namespace/name",
              "leave it out for the management network"));
    }
    if (!PoolReading.isReleaseByHand(object)) {
      refusals.add(
          new Violation(
              fieldOfAnnotation(HarvesterNames.MANUALLY_RELEASE_IP),
              annotation(object, HarvesterNames.MANUALLY_RELEASE_IP),
              "\"ADDRESS: NAMESPACE/NAME\" of an entry of status.allocated",
              "correct or remove the annotation"));
    }
    return Verdict.refuse(refusals);
  }

  private static List<Violation> overlaps(Pool pool) {
    var violations = new ArrayList<Violation>();
    List<PoolRange> ranges = pool.ranges();
    for (int i = 0; i < ranges.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (ranges.get(i).range().overlaps(ranges.get(j).range())) {
          violations.add(
              new Violation(
                  "spec.ranges[" + i + "]",
                  ranges.get(i).range().toString(),
                  "addresses that no other range has",
                  "narrow it by rangeStart and rangeEnd: spec.ranges["
                      + j
                      + "] is "
                      + ranges.get(j).range()));
        }
      }
    }
    return violations;
  }

  private static List<Violation> scopes(Pool pool) {
    var violations = new ArrayList<Violation>();
    // The scope that is everybody swallows all others, as in Harvester.
    for (int i = 0; i < pool.scopes().size() && !PoolNeighbours.isGlobal(pool); i++) {
      for (int j = 0; j < i; j++) {
        if (pool.scopes().get(i).overlaps(pool.scopes().get(j))) {
          violations.add(
              new Violation(
                  "spec.selector.scope[" + i + "]",
                  PoolReading.text(pool.scopes().get(i)),
                  "nobody whom spec.selector.scope[" + j + "] means already",
                  "narrow or remove one of the two"));
        }
      }
    }
    return violations;
  }

  private static Verdict network(IPPool object, Surroundings surroundings) {
    String network = networkOf(object);
    return network.isEmpty()
            || !Asked.isNetwork(network)
            || surroundings.networkExists().test(network)
        ? Verdict.PASS
        : Verdict.refuse(
            new Violation(
                "spec.selector.network",
                network,
                "a NetworkAttachmentDefinition that exists",
                "create it, or leave it out for the management network"));
  }

  private static @Nullable Object reservationsOf(IPPool object) {
    return object.getSpec() == null ? null : object.getSpec().getReservations();
  }

  /// The pool's network, empty for the management network.
  public static String networkOf(IPPool object) {
    return object.getSpec() == null || object.getSpec().getSelector() == null
        ? ""
        : text(Objects.requireNonNull(object.getSpec().getSelector()).getNetwork());
  }
}
