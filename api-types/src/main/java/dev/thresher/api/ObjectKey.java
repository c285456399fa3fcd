package dev.thresher.api;

import io.kubernetes.client.common.KubernetesObject;

/// The name of an object within one cluster and one resource type.
///
/// A key is an address, not an identity: an object that is deleted and made again has the same key
/// and another UID.
///
/// @param namespace the namespace, empty for cluster-scoped objects
/// @param name `metadata.name`
public record ObjectKey(String namespace, String name) implements Comparable<ObjectKey> {

  public ObjectKey {
    if (name.isEmpty()) {
      throw new IllegalArgumentException(
          "an object key needs a name, namespace \"" + namespace + "\"");
    }
  }

  public static ObjectKey of(String namespace, String name) {
    return new ObjectKey(namespace, name);
  }

  /// The key of a cluster-scoped object.
  public static ObjectKey cluster(String name) {
    return new ObjectKey("", name);
  }

  public static ObjectKey of(KubernetesObject object) {
    var meta = object.getMetadata();
    if (meta == null || meta.getName() == null) {
      throw new IllegalArgumentException("object without metadata.name: " + object.getKind());
    }
    return new ObjectKey(meta.getNamespace() == null ? "" : meta.getNamespace(), meta.getName());
  }

  /// Reads `namespace/name`, or `name` for a cluster-scoped object.
  public static ObjectKey parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return cluster(text);
    }
    if (text.indexOf('/', slash + 1) >= 0) {
      throw new IllegalArgumentException("want \"namespace/name\", got \"" + text + "\"");
    }
    return new ObjectKey(text.substring(0, slash), text.substring(slash + 1));
  }

  @Override
  public int compareTo(ObjectKey other) {
    int byNamespace = namespace.compareTo(other.namespace);
    return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
  }

  /// `namespace/name`, or `name` for a cluster-scoped object.
  @Override
  public String toString() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
