package dev.thresher.vip.app;

import dev.thresher.api.names.KubernetesNames;
import dev.thresher.vip.lease.VoterCandidate;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.Map;

/// A Node object as a possible voter.
final class PossibleVoter {

  private PossibleVoter() {}

  static VoterCandidate of(V1Node node) {
    V1ObjectMeta meta = node.getMetadata();
    Map<String, String> labels = meta.getLabels() == null ? Map.of() : meta.getLabels();
    long age =
        meta.getCreationTimestamp() == null ? 0 : meta.getCreationTimestamp().toEpochSecond();
    return new VoterCandidate(
        String.valueOf(meta.getName()),
        labels.containsKey(KubernetesNames.LABEL_CONTROL_PLANE),
        labels.getOrDefault(KubernetesNames.LABEL_ZONE, ""),
        age);
  }
}
