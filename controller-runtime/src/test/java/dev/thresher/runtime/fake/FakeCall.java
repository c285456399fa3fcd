package dev.thresher.runtime.fake;

import dev.thresher.api.ObjectKey;

/// One call of a program to the fake server.
///
/// @param verb as RBAC names it: `get`, `list`, `create`, `update`, `patch`, `delete`, or the HTTP
///   method of any other request
/// @param resource `plural.group`, or the path of any other request
/// @param key the object; of a `list` or any other request empty namespace or not, and the name `*`
/// @param subresource empty for the object itself
public record FakeCall(String verb, String resource, ObjectKey key, String subresource) {

  /// Whether it changes something.
  public boolean isWrite() {
    return switch (verb) {
      case "get", "list", "GET" -> false;
      default -> true;
    };
  }

  /// `patch services/status default/web`.
  @Override
  public String toString() {
    return verb + " " + resource + (subresource.isEmpty() ? "" : "/" + subresource) + " " + key;
  }
}
