package dev.thresher.loadbalancer.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// What the rules say about an operation.
///
/// @param refusals why it must not be; empty to let it pass
/// @param warnings what the person should know though it may be
public record Verdict(List<Violation> refusals, List<String> warnings) {

  public static final Verdict PASS = new Verdict(List.of(), List.of());

  public Verdict {
    refusals = List.copyOf(refusals);
    warnings = List.copyOf(warnings);
  }

  public boolean allowed() {
    return refusals.isEmpty();
  }

  /// All refusals as one text for a person.
  public String message() {
    return refusals.stream().map(Violation::message).collect(Collectors.joining("; "));
  }

  /// What both refuse and warn of.
  public Verdict and(Verdict other) {
    var allRefusals = new ArrayList<>(refusals);
    allRefusals.addAll(other.refusals);
    var allWarnings = new ArrayList<>(warnings);
    allWarnings.addAll(other.warnings);
    return new Verdict(allRefusals, allWarnings);
  }

  static Verdict refuse(List<Violation> refusals) {
    return new Verdict(refusals, List.of());
  }

  public static Verdict refuse(Violation refusal) {
    return refuse(List.of(refusal));
  }

  static Verdict warn(String warning) {
    return new Verdict(List.of(), List.of(warning));
  }
}
