package dev.thresher.vip.mesh;

import java.net.InetAddress;

/// What the mesh learned.
public sealed interface MeshEvent {

  /// A process of the node answered.
  ///
  /// @param process random name of the process
  /// @param session number of its session, 0 if it has none yet
  record Greeted(String node, String process, long session) implements MeshEvent {}

  /// The process is dead: its connection closed, and a new one was refused, reset before a word, or
  /// answered by another process.
  ///
  /// @param listened the address of the node's at which that was found out
  record Died(String node, String process, InetAddress listened) implements MeshEvent {}

  /// The node says that the record reached this version.
  record RecordAt(String node, long version) implements MeshEvent {}
}
