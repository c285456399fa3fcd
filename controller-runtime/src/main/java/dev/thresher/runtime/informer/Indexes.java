package dev.thresher.runtime.informer;

import dev.thresher.api.ObjectKey;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1OwnerReference;
import java.util.List;
import java.util.function.Function;

/// Index functions for [Informer#addIndex].
public final class Indexes {

  private Indexes() {}

  /// By the value of one label; objects without it are not found.
  public static <T extends KubernetesObject> Function<T, List<String>> byLabel(String label) {
    return object -> {
      var labels = object.getMetadata().getLabels();
      String value = labels == null ? null : labels.get(label);
      return value == null ? List.of() : List.of(value);
    };
  }

  /// By the value of one annotation; objects without it are not found.
  public static <T extends KubernetesObject> Function<T, List<String>> byAnnotation(
      String annotation) {
    return object -> {
      var annotations = object.getMetadata().getAnnotations();
      String value = annotations == null ? null : annotations.get(annotation);
      return value == null ? List.of() : List.of(value);
    };
  }

  /// By the UID of each owner.
  public static <T extends KubernetesObject> Function<T, List<String>> byOwnerUid() {
    return object -> {
      var owners = object.getMetadata().getOwnerReferences();
      return owners == null ? List.of() : owners.stream().map(V1OwnerReference::getUid).toList();
    };
  }

  /// By the object's own UID.
  public static <T extends KubernetesObject> Function<T, List<String>> byUid() {
    return object -> {
      String uid = object.getMetadata().getUid();
      return uid == null ? List.of() : List.of(uid);
    };
  }

  /// By `namespace/name` of the objects it refers to.
  public static <T extends KubernetesObject> Function<T, List<String>> byReference(
      Function<T, List<ObjectKey>> references) {
    return object -> references.apply(object).stream().map(ObjectKey::toString).toList();
  }
}
