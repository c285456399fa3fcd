package dev.thresher.runtime.events;

import io.kubernetes.client.common.KubernetesObject;

/// Writes Events (core/v1). Thread-safe; returns at once, the writing happens elsewhere.
public interface EventRecorder {

  enum Type {
    NORMAL,
    WARNING
  }

  /// @param regarding the object the Event is about; `kind` and `apiVersion` must be set
  /// @param reason a word in CamelCase
  /// @param message for a person: what was wanted, what was found, what to do
  void event(KubernetesObject regarding, Type type, String reason, String message);

  default void normal(KubernetesObject regarding, String reason, String message) {
    event(regarding, Type.NORMAL, reason, message);
  }

  default void warning(KubernetesObject regarding, String reason, String message) {
    event(regarding, Type.WARNING, reason, message);
  }
}
