package dev.thresher.ccm.controllers.service;

import dev.thresher.runtime.events.EventRecorder;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.List;

/// The Events of the service controller, with upstream's reasons: people and tools look for them.
final class ServiceEvents {

  static final String FAILED = "SyncLoadBalancerFailed";
  static final String UPDATE_FAILED = "UpdateLoadBalancerFailed";

  /// Nodes that a message names.
  private static final int NAMED = 20;

  private final EventRecorder events;

  ServiceEvents(EventRecorder events) {
    this.events = events;
  }

  void ensuring(V1Service service) {
    events.normal(service, "EnsuringLoadBalancer", "Ensuring load balancer");
  }

  void ensured(V1Service service) {
    events.normal(service, "EnsuredLoadBalancer", "Ensured load balancer");
  }

  void updated(V1Service service) {
    events.normal(service, "UpdatedLoadBalancer", "Updated load balancer with new hosts");
  }

  void noNodes(V1Service service) {
    events.warning(
        service, "UnAvailableLoadBalancer", "There are no available nodes for LoadBalancer");
  }

  void failed(V1Service service, String why) {
    events.warning(service, FAILED, "Error syncing load balancer: " + why);
  }

  void updateFailed(V1Service service, NodeSet nodes, String why) {
    List<String> names =
        nodes.nodes().stream().map(node -> String.valueOf(node.getMetadata().getName())).toList();
    int more = names.size() - NAMED;
    events.warning(
        service,
        UPDATE_FAILED,
        "Error updating load balancer with new hosts ["
            + String.join(" ", names.subList(0, Math.min(NAMED, names.size())))
            + (more > 0 ? " and " + more + " more" : "")
            + "]: "
            + why);
  }

  void deleting(V1Service service) {
    events.normal(service, "DeletingLoadBalancer", "Deleting load balancer");
  }

  void deleted(V1Service service) {
    events.normal(service, "DeletedLoadBalancer", "Deleted load balancer");
  }

  void deleteFailed(V1Service service, String why) {
    events.warning(service, "DeleteLoadBalancerFailed", "Error deleting load balancer: " + why);
  }

  void notice(V1Service service, String reason, String message) {
    events.warning(service, reason, message);
  }
}
