package dev.thresher.ccm.cloudprovider;

/// What came of asking for a node's metadata.
public sealed interface MetadataResult {

  record Known(InstanceMetadata metadata) implements MetadataResult {}

  /// The node is none of this provider's: leave it as it is.
  ///
  /// @param why for the log
  record NotOurs(String why) implements MetadataResult {}

  /// Not enough is known yet; the provider reports when that changes.
  ///
  /// @param reason a word in CamelCase for the Event
  /// @param message what is missing and what to do about it
  record NotYet(String reason, String message) implements MetadataResult {}
}
