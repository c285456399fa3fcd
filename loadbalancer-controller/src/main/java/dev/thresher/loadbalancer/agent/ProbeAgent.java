package dev.thresher.loadbalancer.agent;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.health.HealthMonitor;
import dev.thresher.loadbalancer.health.HealthObserver;
import dev.thresher.loadbalancer.health.Prober;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.loadbalancer.nodes.Report;
import dev.thresher.loadbalancer.nodes.Report.Target;
import dev.thresher.loadbalancer.nodes.Report.Word;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.time.Timeline;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Checks the back ends that are this node's part, and knows what is to be reported.
///
/// Of a back end of which nothing is known yet there is no word: whether it has traffic until then
/// is the controller's to say. A check that changes begins anew. Thread-safe.
public final class ProbeAgent {

  private final String node;
  private final String identity;
  private final NodeFacts facts;
  private final HealthMonitor monitor;
  private final Runnable changed;
  private final Map<ObjectKey, Part> parts = new ConcurrentHashMap<>();

  /// @param node name of the node
  /// @param identity of this process
  /// @param changed called when there is news to report; must return at once
  public ProbeAgent(
      String node,
      String identity,
      NodeFacts facts,
      Timeline timeline,
      RandomGenerator random,
      Prober prober,
      HealthObserver observer,
      Runnable changed) {
    this.node = node;
    this.identity = identity;
    this.facts = facts;
    this.changed = changed;
    this.monitor = new HealthMonitor(timeline, random, prober, _ -> changed.run(), observer);
  }

  /// Follows the load balancers of the host.
  public void follow(Informer<LoadBalancer> loadBalancers) {
    loadBalancers.onChange(change -> {
      ObjectKey key = ObjectKey.of(change.object());
      take(
          key,
          change instanceof Change.Deleted<LoadBalancer>
              ? Optional.empty()
              : Part.of(change.object(), node));
    });
  }

  /// Called by the one thread of the cache.
  private void take(ObjectKey key, Optional<Part> now) {
    @Nullable Part before = now.isPresent() ? parts.put(key, now.get()) : parts.remove(key);
    if (now.equals(Optional.ofNullable(before))) {
      return;
    }
    boolean other =
        now.isEmpty() || (before != null && !before.digest().equals(now.get().digest()));
    if (other) {
      monitor.forget(key);
    }
    now.ifPresent(part ->
        monitor.watch(
            key,
            part.check(),
            part.addresses().stream()
                .collect(Collectors.toMap(Function.identity(), _ -> Verdict.UNKNOWN))));
    changed.run();
  }

  /// What is to be said now.
  public Report report() {
    var words = new HashMap<Target, Word>();
    monitor
        .verdicts()
        .forEach((key, verdicts) -> {
          @Nullable Part part = parts.get(key);
          if (part != null) {
            verdicts.forEach((address, verdict) -> word(key, part, address, verdict, words));
          }
        });
    return new Report(node, identity, facts.subnets(), facts.bridge(), words);
  }

  private static void word(
      ObjectKey key, Part part, IpAddress address, Verdict verdict, Map<Target, Word> words) {
    if (verdict.health() != Health.UNKNOWN && part.addresses().contains(address)) {
      words.put(new Target(key, address), new Word(part.digest(), verdict));
    }
  }

  /// How many back ends are checked, by what is held of them.
  public Map<Health, Long> checkedBackends() {
    return monitor.counts();
  }
}
