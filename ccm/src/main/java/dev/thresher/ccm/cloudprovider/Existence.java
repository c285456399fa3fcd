package dev.thresher.ccm.cloudprovider;

/// Whether the machine behind a node is there.
public sealed interface Existence {

  record Exists() implements Existence {}

  /// It is gone for good.
  ///
  /// @param why what was looked for
  record Missing(String why) implements Existence {}

  /// The node is none of this provider's, or two machines could be meant: do nothing.
  record Undecided(String why) implements Existence {}
}
