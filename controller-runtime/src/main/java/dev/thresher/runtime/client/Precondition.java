package dev.thresher.runtime.client;

import io.kubernetes.client.common.KubernetesObject;
import java.util.Optional;

/// What must hold for a delete to happen.
///
/// @param uid the object must still be this one
/// @param resourceVersion the object must not have changed since
public record Precondition(Optional<String> uid, Optional<String> resourceVersion) {

  public static final Precondition NONE = new Precondition(Optional.empty(), Optional.empty());

  public static Precondition uid(String uid) {
    return new Precondition(Optional.of(uid), Optional.empty());
  }

  /// Exactly the object as it was seen.
  public static Precondition unchanged(KubernetesObject seen) {
    var meta = seen.getMetadata();
    return new Precondition(
        Optional.ofNullable(meta.getUid()), Optional.ofNullable(meta.getResourceVersion()));
  }
}
