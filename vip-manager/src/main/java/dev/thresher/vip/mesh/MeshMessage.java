package dev.thresher.vip.mesh;

import java.nio.ByteBuffer;

/// What two nodes say to each other.
public sealed interface MeshMessage {

  /// The first message in both directions where nothing is proven; repeated when the session
  /// changes.
  ///
  /// @param format version of the mesh's own format, see [MeshCodec#FORMAT]
  /// @param node name of the speaking node, at most 253 bytes
  /// @param process random name of the speaking process, at most 64 bytes
  /// @param session number of its session, 0 if it has none
  record Hello(int format, String node, String process, long session) implements MeshMessage {}

  /// The first message in both directions where greetings are proven, see [Handshake]. It proves
  /// nothing itself.
  ///
  /// @param format as in a [Hello]
  /// @param node name of the speaking node
  /// @param newestKey that the speaking node has
  /// @param nonce [dev.thresher.vip.sealing.GreetingSeal#NONCE] bytes for the other's proof
  record Challenge(int format, String node, int newestKey, ByteBuffer nonce)
      implements MeshMessage {
    public Challenge {
      nonce = copy(nonce);
    }
  }

  /// A greeting with its proof.
  ///
  /// @param key number of the key with which it is sealed
  /// @param proof the seal, [dev.thresher.vip.sealing.GreetingSeal#LENGTH] bytes
  record Proven(Hello hello, int key, ByteBuffer proof) implements MeshMessage {
    public Proven {
      proof = copy(proof);
    }
  }

  /// Are you there?
  record Ping(long number) implements MeshMessage {}

  /// The answer, with the same number.
  record Pong(long number) implements MeshMessage {}

  /// The record of holders reached this version: look.
  record RecordAt(long version) implements MeshMessage {}

  private static ByteBuffer copy(ByteBuffer bytes) {
    return ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip().asReadOnlyBuffer();
  }
}
