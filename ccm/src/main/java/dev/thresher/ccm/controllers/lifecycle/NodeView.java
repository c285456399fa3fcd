package dev.thresher.ccm.controllers.lifecycle;

import dev.thresher.api.names.KubernetesNames;
import dev.thresher.ccm.cloudprovider.Existence;
import dev.thresher.ccm.cloudprovider.NodeReadiness;
import dev.thresher.ccm.cloudprovider.PowerState;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1Taint;
import java.util.List;
import java.util.Objects;

/// One Node in one pass, as far as the decision needs it.
///
/// @param ready its condition Ready is True; a missing condition is not
/// @param providerId `spec.providerID`, empty if it has none
/// @param shutdownTaint it has the taint that this controller sets
/// @param existence what the cloud says, [Existence.Undecided] for a Node nobody asked about
/// @param power what the cloud says, [PowerState.Undecided] for a Node nobody asked about
record NodeView(
    String name,
    String uid,
    String providerId,
    boolean ready,
    boolean shutdownTaint,
    Existence existence,
    PowerState power) {

  private static final Existence NOT_ASKED = new Existence.Undecided("not asked");
  private static final PowerState POWER_NOT_ASKED = new PowerState.Undecided("not asked");

  static NodeView of(V1Node node) {
    var meta = node.getMetadata();
    var spec = node.getSpec();
    return new NodeView(
        Objects.requireNonNull(meta.getName()),
        Objects.requireNonNullElse(meta.getUid(), ""),
        spec == null ? "" : Objects.requireNonNullElse(spec.getProviderID(), ""),
        NodeReadiness.isReady(node),
        taints(node).stream().anyMatch(NodeView::isShutdownTaint),
        NOT_ASKED,
        POWER_NOT_ASKED);
  }

  NodeView with(Existence answer) {
    return new NodeView(name, uid, providerId, ready, shutdownTaint, answer, power);
  }

  NodeView with(PowerState answer) {
    return new NodeView(name, uid, providerId, ready, shutdownTaint, existence, answer);
  }

  boolean isMissing() {
    return existence instanceof Existence.Missing;
  }

  static List<V1Taint> taints(V1Node node) {
    var spec = node.getSpec();
    List<V1Taint> taints = spec == null ? null : spec.getTaints();
    return taints == null ? List.of() : taints;
  }

  /// A taint is the same if key and effect are.
  static boolean isShutdownTaint(V1Taint taint) {
    return KubernetesNames.TAINT_SHUTDOWN.equals(taint.getKey())
        && ShutdownTaint.EFFECT.equals(taint.getEffect());
  }
}
