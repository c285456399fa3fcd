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
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What an `IPPool` must be and how it may change.
///
/// The rules are those of Harvester's validator, seen by family and by network, since an address
/// given twice does harm only on one network, and pools of different families never compete: ranges
/// may overlap on different networks, and there is one global pool of each family. What Harvester's
/// own webhook would refuse is a warning then. As with load balancers, an update is refused only
/// for what it makes wrong.
public final class PoolRules {

  private static final int OWNERS_NAMED = 20;

  private PoolRules() {}

  /// An address that somebody has.
  ///
  /// @param owner `namespace/name`
  public record Use(IpAddress address, String owner) {}

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

    private List<Pool> others(String name) {
      return pools.stream()
          .flatMap(reading ->
              reading instanceof PoolReading.Usable(Pool pool) && !pool.name().equals(name)
                  ? Optional.of(pool).stream()
                  : Optional.<Pool>empty().stream())
          .toList();
    }
  }

  /// Decides about an operation. A pool that is being deleted may always change.
  public static Verdict check(Operation<IPPool> operation, Surroundings surroundings) {
    return switch (operation) {
      case Operation.Create<IPPool>(IPPool object) -> {
        Verdict all = ofObject(object).and(besideOthers(object, surroundings));
        yield all.and(network(object, surroundings))
            .and(occupied(object, surroundings, _ -> false));
      }
      case Operation.Update<IPPool>(IPPool before, IPPool after) ->
          after.getMetadata().getDeletionTimestamp() != null
              ? Verdict.PASS
              : update(before, after, surroundings);
      case Operation.Delete<IPPool> _ -> deletion(surroundings);
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
                .and(besideOthers(object, new Surroundings(pools, List.of(), _ -> true, List::of)))
                .refusals());
    if (PoolReading.of(object) instanceof PoolReading.Usable(Pool pool)) {
      violations.addAll(Occupied.inRanges(pool, occupied, inUse));
    }
    return violations;
  }

  private static Verdict update(IPPool before, IPPool after, Surroundings surroundings) {
    var refusals = new ArrayList<Violation>();
    var warnings = new ArrayList<String>();
    Verdict now = ofObject(after).and(besideOthers(after, surroundings));
    Verdict then = ofObject(before).and(besideOthers(before, surroundings));
    refusals.addAll(now.refusals());
    refusals.removeAll(then.refusals());
    warnings.addAll(now.warnings());
    warnings.removeAll(then.warnings());
    refusals.addAll(cut(before, after, surroundings));
    if (PoolReading.of(after) instanceof PoolReading.Usable(Pool pool)
        && !Objects.equals(reservationsOf(before), reservationsOf(after))) {
      warnings.addAll(Tenancy.warnings(pool, surroundings.uses()));
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
    if (!(PoolReading.of(object) instanceof PoolReading.Usable(Pool pool))) {
      return Verdict.PASS;
    }
    var all = new ArrayList<>(surroundings.occupied().get());
    var pools = new ArrayList<>(surroundings.others(pool.name()));
    pools.add(pool);
    all.addAll(Occupied.gateways(pools));
    Set<IpAddress> inUse = surroundings.uses().stream().map(Use::address).collect(toSet());
    return Verdict.refuse(Occupied.inRanges(pool, all, had.or(inUse::contains)));
  }

  private static Predicate<IpAddress> givenBy(IPPool object) {
    return PoolReading.of(object) instanceof PoolReading.Usable(Pool pool)
        ? address -> pool.rangeGiving(address).isPresent()
        : _ -> false;
  }

  private static List<PoolRange> ranges(IPPool object) {
    return PoolReading.of(object) instanceof PoolReading.Usable(Pool pool)
        ? pool.ranges()
        : List.of();
  }

  private static Verdict deletion(Surroundings surroundings) {
    return surroundings.uses().isEmpty()
        ? Verdict.PASS
        : Verdict.refuse(
            new Violation(
                "status.allocated",
                named(surroundings.uses()),
                "no address in use",
                "delete these load balancers first"));
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
    for (int i = 0; i < pool.scopes().size() && !isGlobal(pool); i++) {
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

  private static Verdict besideOthers(IPPool object, Surroundings surroundings) {
    if (!(PoolReading.of(object) instanceof PoolReading.Usable(Pool pool))) {
      return Verdict.PASS;
    }
    var refusals = new ArrayList<Violation>();
    var warnings = new ArrayList<String>();
    for (Pool other : surroundings.others(pool.name())) {
      overlap(pool, other, refusals, warnings);
      gateways(pool, other, warnings);
      if (isGlobal(pool) && isGlobal(other)) {
        global(pool, other, refusals, warnings);
      } else if (!isGlobal(pool) && !isGlobal(other) && haveCommonFamily(pool, other)) {
        selectors(pool, other, refusals);
      }
    }
    return new Verdict(refusals, warnings);
  }

  private static void overlap(
      Pool pool, Pool other, List<Violation> refusals, List<String> warnings) {
    for (int i = 0; i < pool.ranges().size(); i++) {
      PoolRange range = pool.ranges().get(i);
      @Nullable PoolRange same =
          other.ranges().stream()
              .filter(o -> o.range().overlaps(range.range()))
              .findFirst()
              .orElse(null);
      if (same == null) {
        continue;
      }
      var violation =
          new Violation(
              "spec.ranges[" + i + "]",
              range.range().toString(),
              "addresses that no other pool of the network has",
              "narrow it by rangeStart and rangeEnd: pool \""
                  + other.name()
                  + "\" has "
                  + same.range());
      if (pool.network().equals(other.network())) {
        refusals.add(violation);
      } else {
        warnings.add(
            "spec.ranges["
                + i
                + "] overlaps "
                + same.range()
                + " of pool \""
                + other.name()
                + "\" on another network, which Harvester's own webhook would refuse");
      }
    }
  }

  /// Of addresses that the other pool gives no more, since they are gateways of this one.
  private static void gateways(Pool pool, Pool other, List<String> warnings) {
    for (Occupied gateway : Occupied.gateways(List.of(pool))) {
      if (gateway.network().equals(other.network())
          && other.rangeGiving(gateway.address()).isPresent()) {
        warnings.add(
            "pool \""
                + other.name()
                + "\" has "
                + gateway.address()
                + " in a range, which is "
                + gateway.holder()
                + ": it is given to nobody; set spec.ranges[].gateway if the gateway is another");
      }
    }
  }

  private static void global(
      Pool pool, Pool other, List<Violation> refusals, List<String> warnings) {
    if (haveCommonFamily(pool, other)) {
      refusals.add(
          new Violation(
              "spec.selector.scope",
              "*/*/*",
              "a scope that is not everybody, since pool \""
                  + other.name()
                  + "\" is global already",
              "name projects, namespaces or guest clusters"));
    } else {
      warnings.add(
          "pool \""
              + other.name()
              + "\" of the other family is global, too, which Harvester's own webhook would refuse");
    }
  }

  private static void selectors(Pool pool, Pool other, List<Violation> refusals) {
    if (pool.priority() != 0 && pool.priority() == other.priority()) {
      refusals.add(
          new Violation(
              "spec.selector.priority",
              String.valueOf(pool.priority()),
              "a priority that no other pool has, since that of \""
                  + other.name()
                  + "\" is the same",
              "choose another number"));
    }
    boolean together =
        pool.priority() == 0 && other.priority() == 0 && pool.network().equals(other.network());
    for (int i = 0; i < pool.scopes().size() && together; i++) {
      var scope = pool.scopes().get(i);
      if (other.scopes().stream().anyMatch(scope::overlaps)) {
        refusals.add(
            new Violation(
                "spec.selector.scope[" + i + "]",
                PoolReading.text(scope),
                "nobody whom pool \""
                    + other.name()
                    + "\" of the same network means with priority 0",
                "set spec.selector.priority, or narrow the scope"));
      }
    }
  }

  /// Addresses in use that the pool would no longer have, and a network that they are not on.
  private static List<Violation> cut(IPPool before, IPPool after, Surroundings surroundings) {
    var violations = new ArrayList<Violation>();
    if (!surroundings.uses().isEmpty() && !networkOf(before).equals(networkOf(after))) {
      violations.add(
          new Violation(
              "spec.selector.network",
              networkOf(after),
              "\""
                  + networkOf(before)
                  + "\", where addresses are in use by "
                  + named(surroundings.uses()),
              "make another pool for the other network"));
    }
    if (PoolReading.of(after) instanceof PoolReading.Usable(Pool now)) {
      // Of a pool that was broken it cannot be said what it had.
      Predicate<IpAddress> had =
          PoolReading.of(before) instanceof PoolReading.Usable(Pool then)
              ? address -> then.rangeGiving(address).isPresent()
              : _ -> true;
      List<Use> gone =
          surroundings.uses().stream()
              .filter(use -> had.test(use.address()))
              .filter(use -> now.rangeGiving(use.address()).isEmpty())
              .toList();
      if (!gone.isEmpty()) {
        violations.add(
            new Violation(
                "spec.ranges",
                now.ranges().stream()
                    .map(range -> range.range().toString())
                    .collect(Collectors.joining(", ")),
                "ranges that give all addresses in use: " + named(gone),
                "delete these load balancers first, or keep their addresses in a range"));
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

  private static boolean haveCommonFamily(Pool one, Pool other) {
    return one.ranges().stream().anyMatch(range -> other.has(range.family()));
  }

  /// By the scope alone: the label follows it.
  private static boolean isGlobal(Pool pool) {
    return PoolLabels.isGlobal(pool.scopes());
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

  private static String named(List<Use> uses) {
    return uses.stream()
            .limit(OWNERS_NAMED)
            .map(use -> use.address() + " of " + use.owner())
            .collect(Collectors.joining(", "))
        + (uses.size() > OWNERS_NAMED ? " and " + (uses.size() - OWNERS_NAMED) + " more" : "");
  }
}
