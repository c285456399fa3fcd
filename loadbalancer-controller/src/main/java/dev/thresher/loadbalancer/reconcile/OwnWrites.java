package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import io.kubernetes.client.common.KubernetesObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What this process wrote and its cache has not heard of yet.
///
/// Without it a reconcile that follows a write closely would see the state before, and would try
/// the same write again only to be refused. Thread-safe, but two threads must not write one key.
final class OwnWrites<T extends KubernetesObject> {

  private static final int LONGEST_CHAIN = 16;

  /// @param before versions that the written one replaced
  private record Written<T>(List<String> before, T now) {}

  private final Map<ObjectKey, Written<T>> written = new ConcurrentHashMap<>();

  /// The newer one of what the cache says and what was written here.
  T newest(T cached) {
    ObjectKey key = ObjectKey.of(cached);
    @Nullable Written<T> own = written.get(key);
    if (own == null) {
      return cached;
    }
    if (own.before().contains(version(cached))) {
      return own.now();
    }
    written.remove(key);
    return cached;
  }

  /// Takes note of a write.
  ///
  /// @param before the object that the write was based on
  void wrote(T before, T after) {
    ObjectKey key = ObjectKey.of(after);
    var versions = new ArrayList<String>();
    @Nullable Written<T> own = written.get(key);
    if (own != null
        && version(own.now()).equals(version(before))
        && own.before().size() < LONGEST_CHAIN) {
      versions.addAll(own.before());
    }
    versions.add(version(before));
    written.put(key, new Written<>(List.copyOf(versions), after));
  }

  /// The object is gone.
  void forget(ObjectKey key) {
    written.remove(key);
  }

  private static String version(KubernetesObject object) {
    String version = object.getMetadata().getResourceVersion();
    return version == null ? "" : version;
  }
}
