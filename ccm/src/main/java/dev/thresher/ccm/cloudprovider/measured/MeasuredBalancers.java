package dev.thresher.ccm.cloudprovider.measured;

import dev.thresher.api.ObjectKey;
import dev.thresher.ccm.cloudprovider.DeleteResult;
import dev.thresher.ccm.cloudprovider.EnsureResult;
import dev.thresher.ccm.cloudprovider.LoadBalancers;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.function.Consumer;

/// Load balancers, measured.
record MeasuredBalancers(LoadBalancers balancers, CallTimes times) implements LoadBalancers {

  @Override
  public Lookup find(String cluster, V1Service service) {
    return times.measure(
        "balancer_find",
        () -> balancers.find(cluster, service),
        lookup ->
            switch (lookup) {
              case Lookup.Present() -> "present";
              case Lookup.Absent() -> "absent";
            });
  }

  @Override
  public EnsureResult ensure(String cluster, V1Service service, List<V1Node> nodes) {
    return times.measure(
        "balancer_ensure",
        () -> balancers.ensure(cluster, service, nodes),
        MeasuredBalancers::outcome);
  }

  @Override
  public EnsureResult nodesChanged(String cluster, V1Service service, List<V1Node> nodes) {
    return times.measure(
        "balancer_nodes_changed",
        () -> balancers.nodesChanged(cluster, service, nodes),
        MeasuredBalancers::outcome);
  }

  @Override
  public DeleteResult delete(String cluster, V1Service service) {
    return times.measure(
        "balancer_delete",
        () -> balancers.delete(cluster, service),
        result ->
            switch (result) {
              case DeleteResult.Gone _ -> "gone";
              case DeleteResult.Deleting _ -> "deleting";
              case DeleteResult.Blocked _ -> "blocked";
              case DeleteResult.RetryAfter _ -> "retry";
            });
  }

  @Override
  public boolean concerns(V1Service before, V1Service after) {
    return balancers.concerns(before, after);
  }

  @Override
  public void onChange(Consumer<ObjectKey> service) {
    balancers.onChange(service);
  }

  @Override
  public void onReturn(Runnable listener) {
    balancers.onReturn(listener);
  }

  private static String outcome(EnsureResult result) {
    return switch (result.state()) {
      case EnsureResult.State.Done _ -> "done";
      case EnsureResult.State.Impaired _ -> "impaired";
      case EnsureResult.State.Pending _ -> "pending";
      case EnsureResult.State.Blocked _ -> "blocked";
      case EnsureResult.State.RetryAfter _ -> "retry";
      case EnsureResult.State.ImplementedElsewhere() -> "elsewhere";
    };
  }
}
