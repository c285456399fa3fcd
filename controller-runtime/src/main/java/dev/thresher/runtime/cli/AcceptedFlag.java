package dev.thresher.runtime.cli;

/// A flag of the program replaced that is accepted and changes nothing.
///
/// @param name with its dashes: `--profiling`
/// @param kind what values look like; others are refused
/// @param why nothing is lost: a sentence without a capital and a full stop
public record AcceptedFlag(String name, Kind kind, String why) {

  /// What values look like.
  public enum Kind {
    /// `--flag`, `--flag=true`, `--flag=false`.
    BOOL,
    TEXT,
    NUMBER,
    /// As in Go: `1h2m3s`.
    DURATION,
    /// With commas, and may be repeated.
    LIST
  }
}
