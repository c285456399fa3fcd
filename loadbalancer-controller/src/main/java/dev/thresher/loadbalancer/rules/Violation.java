package dev.thresher.loadbalancer.rules;

/// One thing that is wrong with an object.
///
/// @param field where: `spec.listeners[1].port`, `metadata.annotations[thresher.dev/placement]`
/// @param value what stands there, empty for nothing
/// @param rule what should stand there, to be read after "want"
/// @param fix what the person can do
public record Violation(String field, String value, String rule, String fix) {

  /// A whole sentence for a person.
  public String message() {
    return field + ": want " + rule + ", got \"" + value + "\"; " + fix;
  }
}
