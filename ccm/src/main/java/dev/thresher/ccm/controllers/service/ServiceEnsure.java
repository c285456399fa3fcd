package dev.thresher.ccm.controllers.service;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.Notice;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.controllers.service.Remembered.Phase;
import dev.thresher.ccm.controllers.service.ServiceChanges.Field;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives a Service its balancer: the finalizer first, then the cloud, then what the cloud answered.
final class ServiceEnsure {

  private static final Logger log = LoggerFactory.getLogger(ServiceEnsure.class);

  private final String cluster;
  private final LoadBalancers balancers;
  private final Supplier<NodeSet> nodes;
  private final ServiceWrites writes;
  private final ServiceEvents events;
  private final ServiceConditions conditions;
  private final Map<ObjectKey, Remembered> memory;

  ServiceEnsure(
      String cluster,
      LoadBalancers balancers,
      Supplier<NodeSet> nodes,
      ServiceWrites writes,
      ServiceEvents events,
      ServiceConditions conditions,
      Map<ObjectKey, Remembered> memory) {
    this.cluster = cluster;
    this.balancers = balancers;
    this.nodes = nodes;
    this.writes = writes;
    this.events = events;
    this.conditions = conditions;
    this.memory = memory;
  }

  /// The Service, or what the cloud has of it, may be other than the cloud was told.
  Result ensure(ObjectKey key, V1Service seen, @Nullable Remembered before) {
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
    Phase phase = news ? Phase.ENSURING : before == null ? Phase.RESUMED : before.phase();
    List<Notice> said = before == null ? List.of() : before.said();
    memory.put(key, new Remembered(service, members.digest(), phase, said));
    EnsureResult result = balancers.ensure(cluster, service, members.nodes());
    return settle(key, service, result);
  }

  /// Whether nothing but the set of nodes can be other than the cloud was told.
  static boolean isNarrow(V1Service seen, @Nullable Remembered before) {
    return before != null && Stance.hasFinalizer(seen) && !isNews(before, seen);
  }

  /// Nothing but the set of nodes changed. The set is remembered before the cloud is told, so that
  /// a look that comes later never compares with an older one.
  Result nodesChanged(ObjectKey key, V1Service service, Remembered before) {
    NodeSet members = nodes.get();
    if (before.nodes().equals(members.digest())) {
      return Result.done();
    }
    memory.put(key, new Remembered(service, members.digest(), before.phase(), before.said()));
    EnsureResult result = balancers.nodesChanged(cluster, service, members.nodes());
    if (result.state() instanceof State.Done && before.phase() == Phase.ENSURED) {
      if (members.nodes().isEmpty()) {
        events.noNodes(service);
      } else {
        events.updated(service);
      }
    }
    return settle(key, service, result);
  }

  private Result settle(ObjectKey key, V1Service service, EnsureResult result) {
    List<Notice> notices = say(key, service, result);
    memory.computeIfPresent(key, (_, now) -> now.saying(notices));
    Optional<V1Service> marked = writes.mark(service, result.marks());
    if (marked.isEmpty()) {
      return Result.done();
    }
    V1Service written =
        switch (result.state()) {
          case State.Done done -> done(key, service, marked.get(), done);
          case State.Impaired(State.Done done, _, _) -> done(key, service, marked.get(), done);
          case State.Pending _, State.Blocked _, State.RetryAfter _, State.ImplementedElsewhere _ ->
              marked.get();
        };
    var _ = conditions.tell(written, Readiness.of(result.state()));
    return next(key, result.state());
  }

  /// Writes and says what is done.
  ///
  /// @param before without the marks of this look
  /// @return the Service as it is then
  private V1Service done(ObjectKey key, V1Service before, V1Service service, State.Done done) {
    Optional<V1Service> written =
        switch (done.statusWriter()) {
          case CONTROLLER -> writes.status(service, done.ingress());
          case ELSEWHERE -> Optional.empty();
        };
    Remembered now = memory.get(key);
    boolean changed = written.isPresent() || !service.equals(before);
    boolean ends = now != null && isEnd(now.phase(), changed);
    if (ends) {
      events.ensured(service);
    }
    memory.computeIfPresent(key, (_, known) -> known.at(Phase.ENSURED));
    if (written.isPresent() || ends) {
      log.atInfo()
          .addKeyValue("service", key)
          .addKeyValue("ingress", done.ingress())
          .addKeyValue("statusWriter", done.statusWriter())
          .log("load balancer is as wanted");
    }
    return written.orElse(service);
  }

  private static Result next(ObjectKey key, State state) {
    return switch (state) {
      case State.Done _, State.Impaired _, State.Blocked _ -> Result.done();
      case State.Pending(String waitingFor) -> {
        log.atDebug()
            .addKeyValue("service", key)
            .addKeyValue("waitingFor", waitingFor)
            .log("load balancer pending");
        yield Result.done();
      }
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

  /// Whether the owner should hear that the balancer is as wanted.
  private static boolean isEnd(Phase phase, boolean changed) {
    return switch (phase) {
      case ENSURING -> true;
      case RESUMED -> changed;
      case ENSURED, DELETING -> false;
    };
  }

  /// Says what was not said at the last look.
  ///
  /// @return all there is to say now
  private List<Notice> say(ObjectKey key, V1Service service, EnsureResult result) {
    Remembered known = memory.get(key);
    List<Notice> said = known == null ? List.of() : known.said();
    List<Notice> notices = new ArrayList<>(result.notices());
    if (Readiness.of(result.state()) instanceof Readiness.Bad(String reason, String message)) {
      notices.add(new Notice(reason, message));
    }
    for (Notice notice : notices) {
      if (!said.contains(notice)) {
        events.notice(service, notice.reason(), notice.message());
        log.atWarn()
            .addKeyValue("service", key)
            .addKeyValue("reason", notice.reason())
            .addKeyValue("message", notice.message())
            .log("owner of the service was told");
      }
    }
    return notices;
  }

  /// Whether the owner should hear that work begins. A restart of this program is no news, and
  /// neither is an annotation: most are written by programs, among them this one.
  private static boolean isNews(@Nullable Remembered before, V1Service service) {
    if (before == null) {
      return false;
    }
    Set<Field> changed = ServiceChanges.between(before.service(), service);
    changed.remove(Field.ANNOTATIONS);
    return !changed.isEmpty();
  }
}
