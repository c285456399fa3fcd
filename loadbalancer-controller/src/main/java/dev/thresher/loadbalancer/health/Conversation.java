package dev.thresher.loadbalancer.health;

import java.nio.ByteBuffer;
import java.util.Optional;

/// What is said over a connection that has come about, and what the answer means. A codec: it sees
/// bytes and no sockets, and is used for one probe only.
interface Conversation {

  /// What to send first; at least one byte.
  byte[] greeting();

  /// Takes what has come since the last call.
  ///
  /// @param bytes all of them are consumed
  /// @return how the probe ends; empty to wait for more
  Optional<Outcome> received(ByteBuffer bytes);

  /// The other side has closed the connection before the end.
  Outcome closed();
}
