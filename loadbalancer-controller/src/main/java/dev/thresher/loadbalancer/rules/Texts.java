package dev.thresher.loadbalancer.rules;

import io.kubernetes.client.common.KubernetesObject;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads texts of objects, of which any may be absent.
final class Texts {

  private Texts() {}

  static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  static Map<String, String> annotations(KubernetesObject object) {
    Map<String, String> all = object.getMetadata().getAnnotations();
    return all == null ? Map.of() : all;
  }

  static String annotation(KubernetesObject object, String key) {
    return text(annotations(object).get(key));
  }

  static String label(KubernetesObject object, String key) {
    Map<String, String> all = object.getMetadata().getLabels();
    return all == null ? "" : text(all.get(key));
  }

  /// How a message names an annotation.
  static String fieldOfAnnotation(String key) {
    return "metadata.annotations[" + key + "]";
  }

  /// The parts of a comma separated text.
  static Stream<String> parts(String text) {
    return Stream.of(text.split(",", -1)).map(String::strip).filter(part -> !part.isEmpty());
  }
}
