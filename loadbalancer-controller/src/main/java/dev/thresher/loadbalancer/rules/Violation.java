package dev.thresher.loadbalancer.rules;

import dev.thresher.api.names.ThresherNames;
import java.util.List;

/// One thing that is wrong with an object.
///
/// @param field where: `spec.listeners[1].port`, `metadata.annotations[thresher.dev/placement]`
/// @param value what stands there, empty for nothing
/// @param rule what should stand there, to be read after "want"
/// @param fix what the person can do
public record Violation(String field, String value, String rule, String fix) {

  private static final List<String> CHECK =
      List.of("spec.healthCheck", Texts.fieldOfAnnotation(ThresherNames.HEALTH_CHECK_PATH));

  private static final List<String> BACKENDS =
      List.of(
          "spec.workloadType",
          "spec.backendNetwork",
          "spec.drainSeconds",
          Texts.fieldOfAnnotation(ThresherNames.BACKEND_ADDRESSES));

  /// Whether it is about how back ends are checked.
  public boolean concernsCheck() {
    return CHECK.stream().anyMatch(field::startsWith);
  }

  /// Whether it is about who the back ends are and where they are reached.
  public boolean concernsBackends() {
    return BACKENDS.stream().anyMatch(field::startsWith);
  }

  /// A whole sentence for a person.
  public String message() {
    return field + ": want " + rule + ", got \"" + value + "\"; " + fix;
  }
}
