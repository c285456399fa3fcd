package dev.thresher.loadbalancer.rules;

/// Whether a client stays with the back end that it had.
///
/// @param seconds for how long after its last connection, 1 to [#LONGEST_SECONDS]; 0 for not at all
public record Affinity(int seconds) {

  /// A day, the most that a Service takes.
  static final int LONGEST_SECONDS = 86_400;

  /// What a Service means that says nothing.
  static final int DEFAULT_SECONDS = 10_800;

  /// Each connection goes where the proxy likes.
  public static final Affinity NONE = new Affinity(0);

  /// As `Service.spec.sessionAffinity` has it.
  public String type() {
    return seconds == 0 ? "None" : "ClientIP";
  }
}
