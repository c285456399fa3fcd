package dev.thresher.ccm.cloudprovider.fake;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.DeleteResult;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.EnsureResult.State;
import dev.thresher.ccm.cloudprovider.EnsureResult.StatusWriter;
import dev.thresher.ccm.cloudprovider.IngressPoint;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import dev.thresher.ccm.cloudprovider.ServiceMarks;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/// Balancers by the UID of their Service. Thread-safe.
public final class FakeLoadBalancers implements LoadBalancers {

  /// What an ensure answers while nobody says otherwise.
  public static final EnsureResult DONE =
      EnsureResult.of(
          new State.Done(List.of(IngressPoint.vip("192.0.2.1")), StatusWriter.CONTROLLER));

  private final Set<String> present = ConcurrentHashMap.newKeySet();
  private final Map<String, List<String>> nodesOf = new ConcurrentHashMap<>();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private volatile BiFunction<V1Service, List<V1Node>, EnsureResult> ensure = (_, _) -> DONE;
  private volatile Optional<BiFunction<V1Service, List<V1Node>, EnsureResult>> nodesChanged =
      Optional.empty();
  private volatile DeleteResult delete = new DeleteResult.Gone(ServiceMarks.NONE);
  private volatile Optional<RuntimeException> failure = Optional.empty();
  private volatile Consumer<ObjectKey> listener = key -> {};
  private volatile Runnable returnListener = () -> {};

  /// What an ensure answers from now on. Runs within the call, so it may also look and act.
  public void onEnsure(BiFunction<V1Service, List<V1Node>, EnsureResult> answer) {
    ensure = answer;
  }

  /// What a change of nodes answers from now on, if that is not what an ensure answers.
  public void onNodesChanged(BiFunction<V1Service, List<V1Node>, EnsureResult> answer) {
    nodesChanged = Optional.of(answer);
  }

  public void answer(EnsureResult result) {
    ensure = (_, _) -> result;
    nodesChanged = Optional.empty();
  }

  /// What a delete answers from now on; the balancer is gone only with [DeleteResult.Gone].
  public void answer(DeleteResult result) {
    delete = result;
  }

  /// Every call fails.
  public void fail(RuntimeException e) {
    failure = Optional.of(e);
  }

  public void noFailure() {
    failure = Optional.empty();
  }

  /// Reports that the balancer of a Service changed.
  public void changed(ObjectKey service) {
    listener.accept(service);
  }

  /// Reports that the cloud answers again.
  public void returned() {
    returnListener.run();
  }

  /// Makes a balancer appear without a call.
  public void put(V1Service service) {
    present.add(uid(service));
  }

  /// Makes a balancer vanish without a call.
  public void remove(V1Service service) {
    present.remove(uid(service));
  }

  /// UIDs of the Services that have a balancer.
  public Set<String> present() {
    return Set.copyOf(present);
  }

  /// Names of the nodes that the last call for this Service came with.
  public List<String> nodesOf(V1Service service) {
    return nodesOf.getOrDefault(uid(service), List.of());
  }

  /// The calls so far, as `ensure default/web`.
  public List<String> calls() {
    return List.copyOf(calls);
  }

  public void forgetCalls() {
    calls.clear();
  }

  @Override
  public Lookup find(String cluster, V1Service service) {
    note("find", service);
    return present.contains(uid(service)) ? new Lookup.Present() : new Lookup.Absent();
  }

  @Override
  public EnsureResult ensure(String cluster, V1Service service, List<V1Node> nodes) {
    note("ensure", service);
    return make(service, nodes, ensure);
  }

  @Override
  public EnsureResult nodesChanged(String cluster, V1Service service, List<V1Node> nodes) {
    note("nodesChanged", service);
    return make(service, nodes, nodesChanged.orElse(ensure));
  }

  @Override
  public DeleteResult delete(String cluster, V1Service service) {
    note("delete", service);
    DeleteResult result = delete;
    if (result instanceof DeleteResult.Gone) {
      present.remove(uid(service));
    }
    return result;
  }

  @Override
  public void onChange(Consumer<ObjectKey> service) {
    listener = service;
  }

  @Override
  public void onReturn(Runnable back) {
    returnListener = back;
  }

  private EnsureResult make(
      V1Service service,
      List<V1Node> nodes,
      BiFunction<V1Service, List<V1Node>, EnsureResult> answer) {
    present.add(uid(service));
    nodesOf.put(
        uid(service),
        nodes.stream().map(node -> Objects.requireNonNull(node.getMetadata().getName())).toList());
    return answer.apply(service, nodes);
  }

  private void note(String call, V1Service service) {
    calls.add(call + " " + ObjectKey.of(service));
    failure.ifPresent(e -> {
      throw e;
    });
  }

  private static String uid(V1Service service) {
    return Objects.requireNonNull(service.getMetadata().getUid());
  }
}
