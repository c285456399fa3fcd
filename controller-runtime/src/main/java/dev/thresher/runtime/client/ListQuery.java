package dev.thresher.runtime.client;

import java.util.Optional;

/// What to list.
///
/// @param namespace empty for all namespaces
/// @param labelSelector empty for all
/// @param fieldSelector empty for all
/// @param limit objects per page, 0 for all at once
/// @param continueToken from the page before
public record ListQuery(
    String namespace,
    String labelSelector,
    String fieldSelector,
    int limit,
    Optional<String> continueToken) {

  public static ListQuery all() {
    return inNamespace("");
  }

  public static ListQuery inNamespace(String namespace) {
    return new ListQuery(namespace, "", "", 500, Optional.empty());
  }

  public ListQuery withLabels(String selector) {
    return new ListQuery(namespace, selector, fieldSelector, limit, continueToken);
  }

  public ListQuery withFields(String selector) {
    return new ListQuery(namespace, labelSelector, selector, limit, continueToken);
  }

  public ListQuery withLimit(int objects) {
    return new ListQuery(namespace, labelSelector, fieldSelector, objects, continueToken);
  }

  public ListQuery after(String token) {
    return new ListQuery(namespace, labelSelector, fieldSelector, limit, Optional.of(token));
  }
}
