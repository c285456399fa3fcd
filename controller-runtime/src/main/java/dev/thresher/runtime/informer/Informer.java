package dev.thresher.runtime.informer;

import dev.thresher.api.ObjectKey;
import io.kubernetes.client.common.KubernetesObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/// A cache of the objects of one type within a scope.
///
/// Thread-safe. The objects are shared: never change one. What the cache says may be old; a
/// decision that destroys something asks the server first.
public interface Informer<T extends KubernetesObject> {

  Optional<T> get(ObjectKey key);

  List<T> list();

  List<T> list(String namespace);

  /// Objects for which the index function gave this value. The index must have been added before
  /// the start.
  List<T> byIndex(String index, String value);

  /// Adds an index: `keys` gives the values under which an object is found. Only before the start.
  /// One name stands for one function: adding a name again changes nothing.
  void addIndex(String index, Function<T, List<String>> keys);

  /// Hears every change, on one thread, in order, beginning with an `Added` for what is already
  /// known. A handler must not block: it puts a key into a queue. It may be added before or after
  /// the start.
  void onChange(Consumer<Change<T>> handler);

  /// Hears, on the thread of the handlers, that the server answers again after it did not. What
  /// changed meanwhile may be told before or after. It may be added before or after the start.
  void onResumed(Runnable handler);

  /// True once the first list is in the cache and all handlers added before the start have heard
  /// it.
  boolean hasSynced();

  /// False from when the server said that it does not know the resource, until it answers with a
  /// list. It is asked again at least every half minute.
  boolean isDefined();

  /// Hears, on the thread of the handlers, that [#isDefined] has changed. It may be added before or
  /// after the start.
  void onDefined(Runnable handler);

  /// Blocks until synced.
  ///
  /// @return false if the time ran out or the thread was interrupted
  boolean awaitSync(Duration atMost);

  /// Time since the server was last heard of: an event, a bookmark, a list, or a watch that it
  /// accepted. While all is well this stays below about two minutes however quiet the cluster is.
  Duration sinceLastEvent();
}
