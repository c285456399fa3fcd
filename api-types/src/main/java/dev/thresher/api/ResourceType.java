package dev.thresher.api;

import io.kubernetes.client.common.KubernetesObject;

/// One resource of the Kubernetes API together with the Java class that models it.
///
/// @param <T> the model
/// @param group API group, empty for the core group
/// @param version API version
/// @param plural the name in the path
/// @param kind `kind` of the object
/// @param namespaced whether the objects live in namespaces
/// @param model the Java class; fields that it does not know are lost on a typed write, so others'
///   objects are patched
public record ResourceType<T extends KubernetesObject>(
    String group, String version, String plural, String kind, boolean namespaced, Class<T> model) {

  /// `group/version`, or `version` alone for the core group.
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /// The path of the collection: all namespaces when `namespace` is empty.
  public String collectionPath(String namespace) {
    String root = group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
    return namespaced && !namespace.isEmpty()
        ? root + "/namespaces/" + namespace + "/" + plural
        : root + "/" + plural;
  }

  /// The path of one object.
  public String path(ObjectKey key) {
    if (namespaced == key.namespace().isEmpty()) {
      throw new IllegalArgumentException(
          kind
              + " is "
              + (namespaced ? "namespaced" : "cluster-scoped")
              + ", got the key \""
              + key
              + "\"");
    }
    return collectionPath(key.namespace()) + "/" + key.name();
  }

  /// The resource as RBAC and `kubectl` name it: `plural.group`.
  public String resource() {
    return group.isEmpty() ? plural : plural + "." + group;
  }

  @Override
  public String toString() {
    return resource() + "/" + version;
  }
}
