package dev.thresher.ccm.cloudprovider;

import java.util.Map;
import java.util.Optional;

/// Labels and annotations that a provider wants on a Service, for others to read. What is not named
/// stays as it is.
///
/// @param annotations key to value; an empty value takes the key away
/// @param labels key to value; an empty value takes the key away
public record ServiceMarks(
    Map<String, Optional<String>> annotations, Map<String, Optional<String>> labels) {

  public static final ServiceMarks NONE = new ServiceMarks(Map.of(), Map.of());

  public ServiceMarks {
    annotations = Map.copyOf(annotations);
    labels = Map.copyOf(labels);
  }

  public static ServiceMarks annotations(Map<String, Optional<String>> annotations) {
    return new ServiceMarks(annotations, Map.of());
  }
}
