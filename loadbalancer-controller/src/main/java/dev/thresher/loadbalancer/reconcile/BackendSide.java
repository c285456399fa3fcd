package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.health.HealthMonitor;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.nodes.Agents;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Said;
import dev.thresher.loadbalancer.rules.HealthRule;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Brings together who is behind a load balancer and whether they answer.
final class BackendSide {

  private final Informer<VirtualMachineInstance> instances;
  private final VirtualAddresses virtual;
  private final HealthMonitor monitor;
  private final Agents agents;
  private final Timeline timeline;

  /// The check that each load balancer had when it last made sense.
  private final Map<ObjectKey, Optional<HealthRule>> lastRules = new ConcurrentHashMap<>();

  /// What nodes say of the back ends that they check.
  private final Map<ObjectKey, Collection<Verdict>> told = new ConcurrentHashMap<>();

  BackendSide(
      Informer<VirtualMachineInstance> instances,
      VirtualAddresses virtual,
      HealthMonitor monitor,
      Agents agents,
      Timeline timeline) {
    this.instances = instances;
    this.virtual = virtual;
    this.monitor = monitor;
    this.agents = agents;
    this.timeline = timeline;
  }

  /// Who is behind a load balancer.
  ///
  /// @param backends all of them
  /// @param again when to look again though nothing has changed
  /// @param conditions what is to be said besides `Ready`
  record Standing(List<Backend> backends, Optional<Duration> again, List<Said> conditions) {}

  /// @param families in which the load balancer has addresses: nobody comes in another one
  /// @param slices as they are before this look
  /// @param object with its status as it is before this look
  Standing look(
      Wish wish, Set<IpFamily> families, Collection<V1EndpointSlice> slices, LoadBalancer object) {
    if (!wish.isCheckUnclear()) {
      lastRules.put(key(wish), wish.health());
    }
    Map<String, Map<IpFamily, IpAddress>> known = HostSlices.known(slices);
    var drain = new Drain(wish, object, known.keySet(), timeline.now());
    List<Backend> found =
        Backends.of(
            wish,
            instances.list(wish.owner().namespace()),
            known,
            virtual.of(wish.owner().namespace()),
            drain::keeps);
    List<Backend> backends = wish.areBackendsUnclear() ? Backends.among(found, known) : found;
    var checks = new NodeChecks(agents.fresh(), agents.silent(), agents.defined());
    List<Backend> judged = judge(wish, families, backends, slices, object, checks);
    var conditions = new ArrayList<Said>();
    if (wish.health().filter(HealthRule::fromNode).isPresent()) {
      conditions.add(checks.condition(judged));
    }
    BridgeNat.look(judged, families, checks.fresh(), object).ifPresent(conditions::add);
    return new Standing(judged, drain.untilNext(backends), conditions);
  }

  /// The wish with the check that it had when that last made sense. After a restart that is not
  /// known any more, and everybody stays as the slices have them.
  Wish asLastUnderstood(Wish wish) {
    return wish.isCheckUnclear()
        ? wish.checkedBy(lastRules.getOrDefault(key(wish), Optional.empty()))
        : wish;
  }

  /// The back ends with what is held of each, and from now on they and no others are checked.
  private List<Backend> judge(
      Wish wish,
      Set<IpFamily> families,
      List<Backend> backends,
      Collection<V1EndpointSlice> slices,
      LoadBalancer object,
      NodeChecks checks) {
    boolean isUnknown = wish.isCheckUnclear() && !lastRules.containsKey(key(wish));
    if (wish.health().filter(HealthRule::fromNode).isEmpty()) {
      told.remove(key(wish));
    }
    if (wish.health().isEmpty() && !isUnknown) {
      monitor.forget(key(wish));
      return backends;
    }
    var start = new HealthStart(slices, object, wish.health());
    var starts = new HashMap<IpAddress, Verdict>();
    for (Backend backend : backends) {
      if (backend.state().serves()) {
        families.stream()
            .flatMap(family -> backend.address(family).stream())
            .forEach(address -> starts.put(address, start.of(address)));
      }
    }
    if (wish.health().isEmpty()) {
      starts.replaceAll((_, verdict) -> verdict.askedByNobody());
      return backends.stream().map(backend -> judged(backend, starts, Map.of())).toList();
    }
    HealthRule rule = wish.health().get();
    if (rule.fromNode()) {
      monitor.forget(key(wish));
      NodeChecks.Judged said = checks.judge(key(wish), HealthRule.digest(object), object, starts);
      told.put(key(wish), List.copyOf(said.verdicts().values()));
      return backends.stream()
          .map(backend -> judged(backend, said.verdicts(), said.checkers()))
          .toList();
    }
    Map<IpAddress, Verdict> verdicts = monitor.watch(key(wish), rule.check(), starts);
    return backends.stream().map(backend -> judged(backend, verdicts, Map.of())).toList();
  }

  /// Nobody behind this load balancer is to be checked.
  void forget(ObjectKey key) {
    lastRules.remove(key);
    told.remove(key);
    monitor.forget(key);
  }

  /// How many back ends are checked, by this process and by nodes, by what is held of them.
  Map<Verdict.Health, Long> checked() {
    var counts = new EnumMap<Verdict.Health, Long>(Verdict.Health.class);
    counts.putAll(monitor.counts());
    told.values().stream()
        .flatMap(Collection::stream)
        .forEach(verdict -> counts.merge(verdict.health(), 1L, Long::sum));
    return counts;
  }

  private static Backend judged(
      Backend backend, Map<IpAddress, Verdict> verdicts, Map<IpAddress, String> checkers) {
    return backend.judged(ofFamilies(backend, verdicts), ofFamilies(backend, checkers));
  }

  private static <T> Map<IpFamily, T> ofFamilies(Backend backend, Map<IpAddress, T> ofAddresses) {
    var own = new EnumMap<IpFamily, T>(IpFamily.class);
    backend
        .addresses()
        .forEach((family, address) -> {
          if (ofAddresses.containsKey(address)) {
            own.put(family, ofAddresses.get(address));
          }
        });
    return own;
  }

  private static ObjectKey key(Wish wish) {
    return ObjectKey.of(wish.owner().namespace(), wish.owner().name());
  }
}
