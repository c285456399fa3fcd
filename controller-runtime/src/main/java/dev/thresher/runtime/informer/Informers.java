package dev.thresher.runtime.informer;

import dev.thresher.api.ResourceType;
import dev.thresher.runtime.lifecycle.Component;
import io.kubernetes.client.common.KubernetesObject;
import java.time.Duration;

/// All informers on one API server. One informer per (type, scope): asking twice gives the same
/// one.
///
/// An informer asked for after the start is started at once.
public interface Informers extends Component {

  <T extends KubernetesObject> Informer<T> informer(ResourceType<T> type, Scope scope);

  /// Blocks until every informer has synced.
  ///
  /// @return false if the time ran out or the thread was interrupted
  boolean awaitSync(Duration atMost);

  boolean hasSynced();
}
