package dev.thresher.ccm.cloudprovider;

import dev.thresher.api.ObjectKey;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;
import java.util.function.Consumer;

/// The load balancers of a cloud.
///
/// Every method is idempotent and returns without waiting for the cloud: work that goes on there is
/// [EnsureResult.State.Pending] or [DeleteResult.Deleting], and the listener hears when to ask
/// again. For one Service the methods are called by one thread at a time, for different ones by
/// many. Services and nodes are shared objects: read only.
public interface LoadBalancers {

  /// Whether the cloud has a balancer for this Service, finished or not. As soon as anything was
  /// made that must be cleaned up, the answer is [Lookup.Present].
  Lookup find(String cluster, V1Service service);

  /// Makes the balancer, or makes it as the Service says now.
  ///
  /// @param nodes the nodes that take part, in no order
  EnsureResult ensure(String cluster, V1Service service, List<V1Node> nodes);

  /// As [#ensure], when nothing but the set of nodes has changed.
  default EnsureResult nodesChanged(String cluster, V1Service service, List<V1Node> nodes) {
    return ensure(cluster, service, nodes);
  }

  /// Removes the balancer with all its parts, also half-made ones. Nothing there is success.
  DeleteResult delete(String cluster, V1Service service);

  /// Whether a change of a Service that matters to no cloud in general (labels, status) matters to
  /// this one. Asked on the thread that hears the change: must answer at once.
  default boolean concerns(V1Service before, V1Service after) {
    return false;
  }

  /// Tells which Service to look at again because its balancer changed. Called at most once, before
  /// the controllers start; the listener returns at once and may be called from any thread.
  void onChange(Consumer<ObjectKey> service);

  /// Tells that the cloud answers again after it did not, so that what failed meanwhile is tried at
  /// once and not when its backoff ends. Called at most once, before the controllers start; the
  /// listener returns at once and may be called from any thread.
  default void onReturn(Runnable listener) {}

  /// Whether a balancer is there.
  sealed interface Lookup {
    record Present() implements Lookup {}

    record Absent() implements Lookup {}
  }
}
