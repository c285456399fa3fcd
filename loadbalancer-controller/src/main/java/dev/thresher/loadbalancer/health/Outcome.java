package dev.thresher.loadbalancer.health;

/// How one probe ended.
public sealed interface Outcome {

  /// The back end answered as it should.
  record Passed() implements Outcome {}

  /// It did not.
  ///
  /// Two failures of the same kind are equal: the message names no time and no port of ours.
  ///
  /// @param reason one word
  /// @param message for a person
  record Failed(String reason, String message) implements Outcome {}

  /// Nothing was learnt about the back end: the fault is on this side, as when no file descriptor
  /// is left. It neither helps nor harms.
  ///
  /// @param message what is wrong here
  record Inconclusive(String message) implements Outcome {}

  Outcome PASSED = new Passed();
}
