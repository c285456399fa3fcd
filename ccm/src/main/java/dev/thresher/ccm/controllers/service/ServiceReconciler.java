package dev.thresher.ccm.controllers.service;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.LoadBalancers.Lookup;
import dev.thresher.ccm.controllers.service.Remembered.Phase;
import dev.thresher.ccm.controllers.service.ServiceChanges.Field;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
  private final ServiceWrites writes;
  private final ServiceEvents events;
  private final ServiceCleanup cleanup;

  /// By key, changed only by the worker that has the key.
  private final Map<ObjectKey, Remembered> memory = new ConcurrentHashMap<>();

  /// Why a Service is to be looked at. A look for the nodes' sake alone may be a narrow one.
  private final Set<ObjectKey> dueForNodes = ConcurrentHashMap.newKeySet();

  private final Set<ObjectKey> due = ConcurrentHashMap.newKeySet();

  public ServiceReconciler(
      String cluster,
      LoadBalancers balancers,
      Informer<V1Service> services,
      Supplier<NodeSet> nodes,
      KubeApi guest,
      EventRecorder recorder) {
    this.cluster = cluster;
    this.balancers = balancers;
    this.services = services;
    this.nodes = nodes;
    this.writes = new ServiceWrites(guest);
    this.events = new ServiceEvents(recorder);
    this.cleanup = new ServiceCleanup(cluster, balancers, writes, events, memory);
  }

  /// The set of nodes is another one.
  void nodesChanged(ObjectKey key) {
    dueForNodes.add(key);
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
    boolean forNodes = dueForNodes.remove(key);
    boolean nodesOnly = !due.remove(key) && forNodes;
    Optional<V1Service> found = services.get(key);
    @Nullable Remembered before = memory.get(key);
    if (before != null && (found.isEmpty() || isAnother(before.service(), found.get()))) {
      return guarded(key, before.service(), () -> cleanup.vanished(key, before.service()))
          .orElseGet(() -> reconcile(key));
    }
    if (found.isEmpty()) {
      return Result.done();
    }
    V1Service service = found.get();
    return guarded(key, service, () -> Optional.of(look(key, service, before, nodesOnly)))
        .orElseGet(Result::done);
  }

  private Result look(
      ObjectKey key, V1Service service, @Nullable Remembered before, boolean nodesOnly) {
    return switch (Stance.of(service)) {
      case WANTED -> ensure(key, service, before, nodesOnly);
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

  private Result ensure(
      ObjectKey key, V1Service seen, @Nullable Remembered before, boolean nodesOnly) {
    V1Service service = seen;
    boolean first = !Stance.hasFinalizer(seen);
    if (first) {
      Optional<V1Service> marked = writes.addFinalizer(seen);
      if (marked.isEmpty()) {
        return Result.done();
      }
      service = marked.get();
    }
    boolean news = first || isNews(before, service);
    NodeSet members = nodes.get();
    if (news) {
      events.ensuring(service);
      if (members.nodes().isEmpty()) {
        events.noNodes(service);
      }
    }
    Phase phase = news ? Phase.ENSURING : before == null ? Phase.ENSURED : before.phase();
    List<Notice> said = before == null ? List.of() : before.said();
    memory.put(key, new Remembered(service, phase, said));
    boolean narrow = nodesOnly && before != null && !news;
    EnsureResult result =
        narrow
            ? balancers.nodesChanged(cluster, service, members.nodes())
            : balancers.ensure(cluster, service, members.nodes());
    memory.put(key, new Remembered(service, phase, say(service, said, result)));
    Optional<V1Service> marked = writes.mark(service, result.marks());
    if (marked.isEmpty()) {
      return Result.done();
    }
    return settle(key, marked.get(), phase, result.state());
  }

  private Result settle(ObjectKey key, V1Service service, Phase phase, State state) {
    return switch (state) {
      case State.Done(var ingress, var writer) -> {
        boolean written =
            switch (writer) {
              case CONTROLLER -> writes.status(service, ingress);
              case ELSEWHERE -> false;
            };
        if (phase == Phase.ENSURING) {
          events.ensured(service);
          memory.computeIfPresent(key, (_, now) -> now.at(Phase.ENSURED));
        }
        if (written || phase == Phase.ENSURING) {
          log.atInfo()
              .addKeyValue("service", key)
              .addKeyValue("ingress", ingress)
              .addKeyValue("statusWriter", writer)
              .log("load balancer is as wanted");
        }
        yield Result.done();
      }
      case State.Pending(String waitingFor) -> {
        log.atDebug()
            .addKeyValue("service", key)
            .addKeyValue("waitingFor", waitingFor)
            .log("load balancer pending");
        yield Result.done();
      }
      case State.Blocked _ -> Result.done();
      case State.RetryAfter(Duration delay, String why) -> {
        log.atDebug()
            .addKeyValue("service", key)
            .addKeyValue("delay", delay)
            .addKeyValue("why", why)
            .log("load balancer asked for again later");
        yield Result.after(delay);
      }
      case State.ImplementedElsewhere() -> Result.done();
    };
  }

  /// Says what was not said at the last look.
  ///
  /// @return all there is to say now
  private List<Notice> say(V1Service service, List<Notice> said, EnsureResult result) {
    List<Notice> notices = new ArrayList<>(result.notices());
    if (result.state() instanceof State.Blocked(String reason, String message)) {
      notices.add(new Notice(reason, message));
    }
    for (Notice notice : notices) {
      if (!said.contains(notice)) {
        events.notice(service, notice.reason(), notice.message());
        log.atWarn()
            .addKeyValue("service", ObjectKey.of(service))
            .addKeyValue("reason", notice.reason())
            .addKeyValue("message", notice.message())
            .log("owner of the service was told");
      }
    }
    return notices;
  }

  /// Runs a look, tells the owner about a failure, and lets a conflict be looked at again soon.
  private Optional<Result> guarded(
      ObjectKey key, V1Service service, Supplier<Optional<Result>> look) {
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
        events.failed(service, String.valueOf(e.getMessage()));
      }
      due.add(key);
      throw e;
    } catch (RuntimeException e) {
      events.failed(service, String.valueOf(e.getMessage()));
      due.add(key);
      throw e;
    }
  }

  /// Whether the owner should hear that work begins. A restart of this program is no news, and
  /// neither is an annotation: most are written by programs, among them this one.
  private static boolean isNews(@Nullable Remembered before, V1Service service) {
    if (before == null) {
      return ServiceWrites.present(service).isEmpty();
    }
    Set<Field> changed = ServiceChanges.between(before.service(), service);
    changed.remove(Field.ANNOTATIONS);
    return !changed.isEmpty();
  }

  private static boolean isAnother(V1Service before, V1Service now) {
    return !Objects.equals(before.getMetadata().getUid(), now.getMetadata().getUid());
  }
}
