package dev.thresher.ccm.cloudprovider;

import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeCondition;
import java.util.List;

/// What a Node says of itself by condition `Ready`.
public final class NodeReadiness {

  private NodeReadiness() {}

  /// Whether the condition is there and `True`: the node's kubelet is well and has said so lately.
  public static boolean isReady(V1Node node) {
    var status = node.getStatus();
    List<V1NodeCondition> conditions = status == null ? null : status.getConditions();
    return conditions != null
        && conditions.stream()
            .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
  }
}
