package dev.thresher.ccm.clusters;

/// The guest cluster as the host knows it: `--cluster-name`.
///
/// It is part of the name of every object made on the host, so another name is another set of
/// objects.
///
/// @param value without the quotes and spaces that find their way into flags
public record ClusterName(String value) {

  public ClusterName {
    value = trim(value);
  }

  private static String trim(String text) {
    String trimmed = text.strip();
    while (trimmed.length() > 1
        && (trimmed.charAt(0) == '"' || trimmed.charAt(0) == '\'')
        && trimmed.charAt(0) == trimmed.charAt(trimmed.length() - 1)) {
      trimmed = trimmed.substring(1, trimmed.length() - 1).strip();
    }
    return trimmed;
  }
}
