package dev.thresher.runtime.informer;

/// Which objects of a type an informer follows.
///
/// @param namespace empty for all
/// @param labelSelector empty for all
/// @param fieldSelector empty for all
public record Scope(String namespace, String labelSelector, String fieldSelector) {

  public static final Scope ALL = new Scope("", "", "");

  public static Scope namespace(String namespace) {
    return new Scope(namespace, "", "");
  }

  public static Scope labels(String selector) {
    return new Scope("", selector, "");
  }

  /// The one object of this name.
  public static Scope object(String namespace, String name) {
    return new Scope(namespace, "", "metadata.name=" + name);
  }

  /// For logs and metrics: `all`, or what it is narrowed to.
  @Override
  public String toString() {
    String text =
        (namespace.isEmpty() ? "" : "namespace=" + namespace + " ")
            + (labelSelector.isEmpty() ? "" : "labels=" + labelSelector + " ")
            + (fieldSelector.isEmpty() ? "" : "fields=" + fieldSelector);
    return text.isEmpty() ? "all" : text.strip();
  }
}
