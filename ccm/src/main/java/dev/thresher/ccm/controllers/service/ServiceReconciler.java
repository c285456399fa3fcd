package dev.thresher.ccm.controllers.service;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.LoadBalancers.Lookup;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings one Service in line with its balancer in the cloud.
///
/// The order of writes is such that a process that dies between any two of them leaves nothing that
/// its successor does not find: the finalizer goes on before the cloud is asked, and comes off
/// after nothing is left there.
public final class ServiceReconciler implements Reconciler<ObjectKey> {

  private static final Logger log = LoggerFactory.getLogger(ServiceReconciler.class);

  /// A write met a newer state, which the cache will show in a moment.
  private static final Duration CONFLICT_PAUSE = Duration.ofMillis(100);

  private final String cluster;
  private final LoadBalancers balancers;
  private final Informer<V1Service> services;
  private final Supplier<NodeSet> nodes;
  private final ServiceEvents events;
  private final ServiceConditions conditions;
  private final ServiceEnsure ensure;
  private final ServiceCleanup cleanup;
  private final ServiceMetrics metrics;
  private final LongSupplier clock;
  private final NodeSync nodeSync;

  /// By key, changed only by the worker that has the key.
  private final Map<ObjectKey, Remembered> memory = new ConcurrentHashMap<>();

  /// Why a Service is to be looked at. A look for the nodes' sake alone may be a narrow one.
  private final Set<ObjectKey> dueForNodes = ConcurrentHashMap.newKeySet();

  private final Set<ObjectKey> due = ConcurrentHashMap.newKeySet();

  /// One whose numbers nobody reads.
  public ServiceReconciler(
      String cluster,
      LoadBalancers balancers,
      Informer<V1Service> services,
      Supplier<NodeSet> nodes,
      KubeApi guest,
      EventRecorder recorder) {
    this(
        cluster,
        balancers,
        services,
        nodes,
        guest,
        recorder,
        new ServiceMetrics(new Metrics()),
        System::nanoTime,
        InstantSource.system());
  }

  /// @param clock monotonic nanoseconds, to measure with
  /// @param wallClock for what others read
  public ServiceReconciler(
      String cluster,
      LoadBalancers balancers,
      Informer<V1Service> services,
      Supplier<NodeSet> nodes,
      KubeApi guest,
      EventRecorder recorder,
      ServiceMetrics metrics,
      LongSupplier clock,
      InstantSource wallClock) {
    this.cluster = cluster;
    this.balancers = balancers;
    this.services = services;
    this.nodes = nodes;
    ServiceWrites writes = new ServiceWrites(guest);
    this.events = new ServiceEvents(recorder);
    this.conditions = new ServiceConditions(writes, wallClock);
    this.ensure = new ServiceEnsure(cluster, balancers, nodes, writes, events, conditions, memory);
    this.cleanup = new ServiceCleanup(cluster, balancers, writes, events, conditions, memory);
    this.metrics = metrics;
    this.clock = clock;
    this.nodeSync = new NodeSync(clock, metrics::nodeSync);
  }

  /// The set of nodes is another one than these Services were told.
  void nodesChanged(Set<ObjectKey> keys) {
    nodeSync.begin(keys);
    dueForNodes.addAll(keys);
  }

  /// Whether the balancer of this Service was told of another set of nodes. One that was told of
  /// none yet is waiting for its first look anyway.
  boolean hasOtherNodes(ObjectKey key, NodeSet set) {
    Remembered known = memory.get(key);
    return known != null && !known.nodes().equals(set.digest());
  }

  /// The Service or its balancer changed.
  void changed(ObjectKey key) {
    due.add(key);
  }

  /// Whether this process has asked the cloud about the Service.
  boolean remembers(ObjectKey key) {
    return memory.containsKey(key);
  }

  @Override
  public Result reconcile(ObjectKey key) {
    try {
      return lookAt(key);
    } finally {
      nodeSync.looked(key);
    }
  }

  private Result lookAt(ObjectKey key) {
    boolean forNodes = dueForNodes.remove(key);
    boolean nodesOnly = !due.remove(key) && forNodes;
    Optional<V1Service> found = services.get(key);
    @Nullable Remembered before = memory.get(key);
    if (before != null && (found.isEmpty() || isAnother(before.service(), found.get()))) {
      V1Service last = before.service();
      return guarded(key, () -> cleanup.vanished(key, last), why -> events.deleteFailed(last, why))
          .orElseGet(() -> lookAt(key));
    }
    if (found.isEmpty()) {
      return Result.done();
    }
    V1Service service = found.get();
    boolean narrow =
        nodesOnly && Stance.of(service) == Stance.WANTED && ServiceEnsure.isNarrow(service, before);
    return guarded(
            key,
            () ->
                Optional.of(
                    narrow && before != null
                        ? update(key, service, before)
                        : look(key, service, before)),
            why -> {
              V1Service newest = newest(key, service);
              if (narrow) {
                events.updateFailed(service, nodes.get(), why);
                conditions.tellFailure(newest, ServiceEvents.UPDATE_FAILED, why);
              } else {
                events.failed(service, why);
                conditions.tellFailure(newest, ServiceEvents.FAILED, why);
              }
            })
        .orElseGet(Result::done);
  }

  private Result look(ObjectKey key, V1Service service, @Nullable Remembered before) {
    return switch (Stance.of(service)) {
      case WANTED -> ensure.ensure(key, service, before);
      case CLEANUP -> cleanup.delete(key, service);
      case CLEANUP_IF_OURS ->
          switch (balancers.find(cluster, service)) {
            case Lookup.Present() -> cleanup.delete(key, service);
            case Lookup.Absent() -> Result.done();
          };
      // Known from before and no longer marked: somebody took the finalizer away.
      case NONE -> before == null ? Result.done() : cleanup.delete(key, service);
    };
  }

  /// Tells the cloud about other nodes. If that fails for a balancer that is not there any more, it
  /// is made again without a word.
  private Result update(ObjectKey key, V1Service service, Remembered before) {
    long began = clock.getAsLong();
    try {
      Result result = ensure.nodesChanged(key, service, before);
      metrics.updated(Duration.ofNanos(clock.getAsLong() - began));
      return result;
    } catch (RuntimeException e) {
      metrics.updateFailed(Duration.ofNanos(clock.getAsLong() - began));
      if (isGone(service)) {
        due.add(key);
        return Result.after(Duration.ZERO);
      }
      throw e;
    }
  }

  private boolean isGone(V1Service service) {
    try {
      return balancers.find(cluster, service) instanceof Lookup.Absent;
    } catch (RuntimeException e) {
      log.atWarn()
          .addKeyValue("service", ObjectKey.of(service))
          .addKeyValue("error", e.getMessage())
          .log("cloud does not say whether the load balancer is there");
      return false;
    }
  }

  /// Runs a look, tells the owner about a failure, and lets a conflict be looked at again soon.
  private Optional<Result> guarded(
      ObjectKey key, Supplier<Optional<Result>> look, Consumer<String> sayFailed) {
    try {
      return look.get();
    } catch (KubeApiException e) {
      if (e.is(Reason.CONFLICT)) {
        log.atDebug()
            .addKeyValue("service", key)
            .addKeyValue("error", e.getMessage())
            .log("written by somebody else meanwhile, looking again");
        due.add(key);
        return Optional.of(Result.after(CONFLICT_PAUSE));
      }
      if (!e.is(Reason.FENCED)) {
        sayFailed.accept(String.valueOf(e.getMessage()));
      }
      due.add(key);
      throw e;
    } catch (RuntimeException e) {
      sayFailed.accept(String.valueOf(e.getMessage()));
      due.add(key);
      throw e;
    }
  }

  /// As this process wrote it in this look, if it did.
  private V1Service newest(ObjectKey key, V1Service seen) {
    Remembered known = memory.get(key);
    return known == null || isAnother(known.service(), seen) ? seen : known.service();
  }

  private static boolean isAnother(V1Service before, V1Service now) {
    return !Objects.equals(before.getMetadata().getUid(), now.getMetadata().getUid());
  }
}
