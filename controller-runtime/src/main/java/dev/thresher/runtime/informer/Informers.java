package dev.thresher.runtime.informer;

import dev.thresher.api.ResourceType;
import dev.thresher.runtime.lifecycle.Component;
import io.kubernetes.client.common.KubernetesObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// All informers on one API server. One informer per (type, scope): asking twice gives the same
/// one.
///
/// An informer asked for after the start is started at once.
public interface Informers extends Component {

  <T extends KubernetesObject> Informer<T> informer(ResourceType<T> type, Scope scope);

  /// The same for a resource that may be missing: while the server does not know it, or the role
  /// does not allow to read it, the cache counts as synced, and nobody waits for it. See
  /// [Informer#isDefined].
  <T extends KubernetesObject> Informer<T> optional(ResourceType<T> type, Scope scope);

  /// Resources that the server says it does not know, of those that must be there: their
  /// definitions have to be installed.
  List<String> undefined();

  /// Blocks until every informer has synced.
  ///
  /// @return false if the time ran out or the thread was interrupted
  boolean awaitSync(Duration atMost);

  boolean hasSynced();

  /// What is missing before a program may work, empty if nothing is.
  ///
  /// @param cluster as the program's users know it: `host` or `guest`
  default Optional<String> unsynced(String cluster) {
    List<String> undefined = undefined();
    if (!undefined.isEmpty()) {
      return Optional.of(
          "the "
              + cluster
              + " cluster does not know "
              + String.join(", ", undefined)
              + ": install their CustomResourceDefinitions");
    }
    return hasSynced()
        ? Optional.empty()
        : Optional.of("not all caches of the " + cluster + " cluster are filled");
  }
}
