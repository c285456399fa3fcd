package dev.thresher.vip.mesh;

/// What two nodes say to each other.
public sealed interface MeshMessage {

  /// The first message in both directions; repeated when the session changes.
  ///
  /// @param format version of the mesh's own format, see [MeshCodec#FORMAT]
  /// @param node name of the speaking node, at most 253 bytes
  /// @param process random name of the speaking process, at most 64 bytes
  /// @param session number of its session, 0 if it has none
  record Hello(int format, String node, String process, long session) implements MeshMessage {}

  /// Are you there?
  record Ping(long number) implements MeshMessage {}

  /// The answer, with the same number.
  record Pong(long number) implements MeshMessage {}

  /// The record of holders reached this version: look.
  record RecordAt(long version) implements MeshMessage {}
}
