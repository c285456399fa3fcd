package dev.thresher.runtime.informer;

import io.kubernetes.client.common.KubernetesObject;

/// What happened to an object in the cache.
public sealed interface Change<T extends KubernetesObject> {

  /// The newest state known: for a deletion the last one.
  T object();

  record Added<T extends KubernetesObject>(T object) implements Change<T> {}

  record Updated<T extends KubernetesObject>(T before, T object) implements Change<T> {}

  record Deleted<T extends KubernetesObject>(T object) implements Change<T> {}
}
