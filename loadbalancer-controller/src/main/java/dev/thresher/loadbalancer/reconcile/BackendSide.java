package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.health.HealthMonitor;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.loadbalancer.rules.HealthRule;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Brings together who is behind a load balancer and whether they answer.
final class BackendSide {

  private final Informer<VirtualMachineInstance> instances;
  private final ClaimBook book;
  private final HealthMonitor monitor;
  private final Timeline timeline;

  BackendSide(
      Informer<VirtualMachineInstance> instances,
      ClaimBook book,
      HealthMonitor monitor,
      Timeline timeline) {
    this.instances = instances;
    this.book = book;
    this.monitor = monitor;
    this.timeline = timeline;
  }

  /// Who is behind a load balancer.
  ///
  /// @param backends all of them
  /// @param again when to look again though nothing has changed
  record Standing(List<Backend> backends, Optional<Duration> again) {}

  /// @param families in which the load balancer has addresses: nobody comes in another one
  /// @param slices as they are before this look
  /// @param object with its status as it is before this look
  Standing look(
      Wish wish, Set<IpFamily> families, Collection<V1EndpointSlice> slices, LoadBalancer object) {
    Map<String, Map<IpFamily, IpAddress>> known = HostSlices.known(slices);
    var drain = new Drain(wish, object, known.keySet(), timeline.now());
    List<Backend> backends =
        Backends.of(
            wish, instances.list(wish.owner().namespace()), known, book::isInUse, drain::keeps);
    return new Standing(judge(wish, families, backends, slices, object), drain.untilNext(backends));
  }

  /// The back ends with what is held of each, and from now on they and no others are checked.
  private List<Backend> judge(
      Wish wish,
      Set<IpFamily> families,
      List<Backend> backends,
      Collection<V1EndpointSlice> slices,
      LoadBalancer object) {
    if (wish.health().isEmpty()) {
      forget(key(wish));
      return backends;
    }
    HealthRule rule = wish.health().get();
    var start = new HealthStart(slices, object, rule.allOpen());
    var starts = new HashMap<IpAddress, Verdict>();
    for (Backend backend : backends) {
      if (backend.state().serves()) {
        families.stream()
            .flatMap(family -> backend.address(family).stream())
            .forEach(address -> starts.put(address, start.of(address)));
      }
    }
    Map<IpAddress, Verdict> verdicts = monitor.watch(key(wish), rule.check(), starts);
    return backends.stream().map(backend -> judged(backend, verdicts)).toList();
  }

  /// Nobody behind this load balancer is to be checked.
  void forget(ObjectKey key) {
    monitor.forget(key);
  }

  private static Backend judged(Backend backend, Map<IpAddress, Verdict> verdicts) {
    var own = new EnumMap<IpFamily, Verdict>(IpFamily.class);
    backend
        .addresses()
        .forEach((family, address) -> {
          if (verdicts.containsKey(address)) {
            own.put(family, verdicts.get(address));
          }
        });
    return backend.judged(own);
  }

  private static ObjectKey key(Wish wish) {
    return ObjectKey.of(wish.owner().namespace(), wish.owner().name());
  }
}
