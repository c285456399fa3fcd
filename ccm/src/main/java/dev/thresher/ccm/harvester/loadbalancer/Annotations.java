package dev.thresher.ccm.harvester.loadbalancer;

import io.kubernetes.client.openapi.models.V1Service;
import java.util.Map;

/// Annotations of a Service, where none is the same as an empty one.
final class Annotations {

  private Annotations() {}

  static String of(V1Service service, String key) {
    Map<String, String> annotations = service.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(key, "");
  }
}
