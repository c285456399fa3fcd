package dev.thresher.loadbalancer.rules;

import static dev.thresher.loadbalancer.rules.Texts.annotation;
import static dev.thresher.loadbalancer.rules.Texts.label;
import static dev.thresher.loadbalancer.rules.Texts.text;

import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerSpec;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.health.Probe;
import dev.thresher.loadbalancer.ipam.Placement;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.Requirement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// What a `LoadBalancer` must be and how it may change.
///
/// The rules are those of Harvester's validator, with three differences. Several front ports may
/// lead to one back port. Annotations and the pool that is named are looked at, which Harvester
/// never does. An update is refused only for what it makes wrong: an object that got in wrong can
/// still be changed, and mended one field after the other.
public final class LoadBalancerRules {

  private LoadBalancerRules() {}

  /// What the rules must know besides the object.
  ///
  /// @param pool the pool of a name, empty if there is none
  /// @param machines the virtual machines of a namespace that are nodes of a guest cluster, by
  ///   namespace and name of the cluster
  /// @param need what a load balancer needs of a pool, whatever its annotations say
  /// @param enforcePoolScopes refuse who names a pool that is not open to it; else it is a warning
  /// @param occupied who answers for which address besides load balancers; asked only when certain
  ///   addresses are
  /// @param pools all pools
  public record Surroundings(
      Function<String, Optional<PoolReading>> pool,
      BiFunction<String, String, List<VirtualMachine>> machines,
      Function<LoadBalancer, Requirement> need,
      boolean enforcePoolScopes,
      Supplier<List<Occupied>> occupied,
      Supplier<List<IPPool>> pools) {}

  /// Decides about an operation. A load balancer that is being deleted may always change.
  public static Verdict check(Operation<LoadBalancer> operation, Surroundings surroundings) {
    return switch (operation) {
      case Operation.Create<LoadBalancer>(LoadBalancer object) ->
          Verdict.refuse(ofObject(object))
              .and(pools(object, surroundings))
              .and(wanted(object, surroundings))
              .and(holding(object, surroundings))
              .and(HostNames.warn(object))
              .and(new Verdict(List.of(), WithoutPool.warnings(object)))
              .and(removal(object, surroundings));
      case Operation.Update<LoadBalancer>(LoadBalancer before, LoadBalancer after) ->
          after.getMetadata().getDeletionTimestamp() != null
              ? Verdict.PASS
              : update(before, after, surroundings);
      case Operation.Delete<LoadBalancer> _ -> Verdict.PASS;
    };
  }

  private static Verdict update(
      LoadBalancer before, LoadBalancer after, Surroundings surroundings) {
    var refusals = new ArrayList<>(ofObject(after));
    refusals.removeAll(ofObject(before));
    refusals.addAll(ofChange(before, after));
    List<String> warnings = WithoutPool.warnings(after);
    boolean isNews = !warnings.equals(WithoutPool.warnings(before));
    boolean otherPool = !pools(before).toList().equals(pools(after).toList());
    boolean otherAddresses = !Asked.wanted(before).value().equals(Asked.wanted(after).value());
    return Verdict.refuse(refusals)
        .and(isNews ? new Verdict(List.of(), warnings) : Verdict.PASS)
        .and(otherPool ? pools(after, surroundings) : Verdict.PASS)
        .and(otherAddresses || otherPool ? wanted(after, surroundings) : Verdict.PASS);
  }

  /// What is wrong with the object, whatever is around it.
  public static List<Violation> ofObject(LoadBalancer object) {
    LoadBalancerSpec spec = Asked.spec(object);
    Reading<Boolean> guestCluster = Asked.guestCluster(object);
    Reading<Placement> placement = Asked.placement(object);
    var violations = new ArrayList<Violation>();
    HostNames.check(object).ifPresent(violations::add);
    violations.addAll(guestCluster.violations());
    violations.addAll(Asked.dhcp(object).violations());
    violations.addAll(Asked.families(object).violations());
    violations.addAll(placement.violations());
    violations.addAll(Asked.wanted(object).violations());
    violations.addAll(Asked.sourceRanges(object).violations());
    violations.addAll(Asked.backendAddresses(object).violations());
    violations.addAll(Asked.network(object).violations());
    violations.addAll(Asked.drain(object).violations());
    violations.addAll(Asked.poolSelector(object).violations());
    violations.addAll(Asked.shareGroup(object).violations());
    if (!Asked.shareGroup(object).value().isEmpty()
        && (placement.value() != Placement.HOST || Asked.dhcp(object).value())) {
      violations.add(
          new Violation(
              Texts.fieldOfAnnotation(ThresherNames.SHARE_GROUP),
              Asked.shareGroup(object).value(),
              "an address of a pool that is held on the host",
              "leave it out; Services of one guest share an address by the annotation "
                  + HarvesterNames.PRIMARY_SERVICE));
    }
    violations.addAll(Asked.affinity(object).violations());
    violations.addAll(Asked.backendNetwork(object).violations());
    if (!guestCluster.value() && spec.getListeners().isEmpty()) {
      violations.add(
          new Violation(
              "spec.listeners",
              "[]",
              "at least one listener with workloadType vm",
              "add one with port and backendPort"));
    }
    violations.addAll(
        placement.value() == Placement.HOST
            ? Listeners.check(spec.getListeners())
            : Listeners.checkProtocols(spec.getListeners()));
    Reading<Optional<HealthRule>> health = HealthRule.of(object);
    if (placement.value() == Placement.HOST) {
      violations.addAll(health.violations());
    }
    boolean overTcp =
        health.value().filter(rule -> rule.check().probe() instanceof Probe.Tcp).isPresent();
    if (!guestCluster.value() && overTcp) {
      violations.addAll(Listeners.check(spec.getHealthCheck(), spec.getListeners()));
    }
    return violations;
  }

  /// What must not change. The address of one kind is of no use to the other, and an address that
  /// is held in one place would have to be given up first.
  private static List<Violation> ofChange(LoadBalancer before, LoadBalancer after) {
    var violations = new ArrayList<Violation>();
    boolean cluster = Asked.guestCluster(before).value();
    if (cluster != Asked.guestCluster(after).value()) {
      violations.add(
          frozen(
              "spec.workloadType",
              text(Asked.spec(after).getWorkloadType()),
              cluster ? "cluster, as before" : "vm, as before"));
    }
    boolean dhcp = Asked.dhcp(before).value();
    if (dhcp != Asked.dhcp(after).value()) {
      violations.add(
          frozen(
              "spec.ipam",
              text(Asked.spec(after).getIpam()),
              dhcp ? "dhcp, as before" : "pool, as before"));
    }
    if (isAllocated(before)) {
      Placements.moved(before, after).ifPresent(violations::add);
    }
    String group = Asked.shareGroup(before).value();
    if (isAllocated(before) && !group.equals(Asked.shareGroup(after).value())) {
      violations.add(
          frozen(
              Texts.fieldOfAnnotation(ThresherNames.SHARE_GROUP),
              Asked.shareGroup(after).value(),
              group.isEmpty()
                  ? "nothing, as before, since it has an address of its own"
                  : group + ", as before, with which it shares its address"));
    }
    return violations;
  }

  /// Of what cannot change any more.
  static Violation frozen(String field, String value, String rule) {
    return new Violation(field, value, rule, "delete the LoadBalancer and create it again");
  }

  private static boolean isAllocated(LoadBalancer object) {
    return object.getStatus() != null
        && object.getStatus().getAllocatedAddress() != null
        && !text(object.getStatus().getAllocatedAddress().getIp()).isEmpty();
  }

  /// Names of the pools that are named.
  private static Stream<String> pools(LoadBalancer object) {
    LoadBalancerSpec spec = Asked.spec(object);
    return Stream.of(text(spec.getIpPool()), text(spec.getIpv6Pool()));
  }

  /// Addresses that are asked for and can never be had. One that another load balancer has is no
  /// reason: it may become free, and until then the condition says who has it.
  private static Verdict wanted(LoadBalancer object, Surroundings surroundings) {
    if (Asked.dhcp(object).value() || Asked.wanted(object).value().isEmpty()) {
      return Verdict.PASS;
    }
    String network =
        pools(object)
            .filter(name -> !name.isEmpty())
            .flatMap(name -> surroundings.pool().apply(name).stream())
            .flatMap(reading -> reading.usable().stream())
            .map(Pool::network)
            .findFirst()
            .orElseGet(() -> surroundings.need().apply(object).network());
    return Verdict.refuse(Occupied.wanted(object, network, surroundings.occupied().get()));
  }

  /// Addresses that it says it has though they are somebody else's.
  private static Verdict holding(LoadBalancer object, Surroundings surroundings) {
    return object.getStatus() != null && object.getStatus().getAllocatedAddress() != null
        ? Verdict.refuse(
            OtherHolder.check(
                object, new OtherHolder.Word(surroundings.pools().get(), surroundings.occupied())))
        : Verdict.PASS;
  }

  private static Verdict pools(LoadBalancer object, Surroundings surroundings) {
    if (Asked.dhcp(object).value()) {
      return Verdict.PASS;
    }
    LoadBalancerSpec spec = Asked.spec(object);
    return pool("spec.ipPool", text(spec.getIpPool()), object, surroundings)
        .and(pool("spec.ipv6Pool", text(spec.getIpv6Pool()), object, surroundings));
  }

  private static Verdict pool(
      String field, String name, LoadBalancer object, Surroundings surroundings) {
    if (name.isEmpty()) {
      return Verdict.PASS;
    }
    Optional<PoolReading> found = surroundings.pool().apply(name);
    if (found.isEmpty()) {
      return Verdict.refuse(noSuchPool(field, name));
    }
    return switch (found.get()) {
      case PoolReading.Broken broken ->
          Verdict.warn(
              field + ": nothing is given from pool \"" + name + "\" now: " + broken.problem());
      case PoolReading.Usable(Pool pool) -> {
        Requirement need = surroundings.need().apply(object);
        if (pool.isOpenTo(need)) {
          yield Verdict.PASS;
        }
        Violation closed = closed(field, pool, need);
        yield surroundings.enforcePoolScopes()
            ? Verdict.refuse(closed)
            : Verdict.warn(closed.message());
      }
    };
  }

  /// A pool is named that does not exist.
  public static Violation noSuchPool(String field, String name) {
    return new Violation(
        field, name, "the name of an IPPool", "create it, name another one, or leave it out");
  }

  /// A pool is named whose scopes leave the load balancer out.
  public static Violation closed(String field, Pool pool, Requirement need) {
    return new Violation(
        field,
        pool.name(),
        "a pool whose spec.selector.scope lets in project \""
            + need.project()
            + "\", namespace \""
            + need.namespace()
            + "\", cluster \""
            + need.cluster()
            + "\"",
        "name another pool, or add a scope to this one");
  }

  /// While a guest cluster is removed, its load balancers are deleted; the guest, which still runs,
  /// must not make them again.
  private static Verdict removal(LoadBalancer object, Surroundings surroundings) {
    if (!Asked.guestCluster(object).value()) {
      return Verdict.PASS;
    }
    String cluster = cluster(object);
    if (cluster.isEmpty() || cluster.equals(HarvesterNames.DEFAULT_CLUSTER_NAME)) {
      return Verdict.warn(
          "the guest cluster has no name of its own (label "
              + HarvesterNames.CLUSTER_LABEL
              + " is \""
              + cluster
              + "\"), so its removal cannot be noticed; give its cloud provider --cluster-name");
    }
    List<VirtualMachine> machines =
        surroundings.machines().apply(object.getMetadata().getNamespace(), cluster);
    if (machines.isEmpty()) {
      return Verdict.warn(
          "no VirtualMachine of namespace \""
              + object.getMetadata().getNamespace()
              + "\" has label "
              + HarvesterNames.GUEST_CLUSTER_LABEL
              + "="
              + cluster
              + ", so removal of the guest cluster cannot be noticed");
    }
    return machines.stream()
        .filter(machine -> annotation(machine, HarvesterNames.REMOVE_ALL_PVCS).equals("true"))
        .findFirst()
        .map(machine ->
            Verdict.refuse(
                new Violation(
                    "metadata.labels[" + HarvesterNames.CLUSTER_LABEL + "]",
                    cluster,
                    "a guest cluster that is not being removed, which the annotation "
                        + HarvesterNames.REMOVE_ALL_PVCS
                        + " of VirtualMachine \""
                        + machine.getMetadata().getName()
                        + "\" says",
                    "wait for the end of the removal")))
        .orElse(Verdict.PASS);
  }

  /// Name of the guest cluster, empty for none.
  public static String cluster(LoadBalancer object) {
    String label = label(object, HarvesterNames.CLUSTER_LABEL);
    return label.isEmpty() ? annotation(object, HarvesterNames.LB_REQUIRED_CLUSTER) : label;
  }
}
