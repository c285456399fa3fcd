package dev.thresher.vip.sealing;

import java.nio.ByteBuffer;

/// What became of a datagram.
public sealed interface Opened {

  /// It is from that process of that node, for this one, and new.
  record Accepted(String node, long process, ByteBuffer payload) implements Opened {}

  /// From a process that is not known: it is dropped, and this question is to be sent to the node.
  record Ask(String node, ByteBuffer question) implements Opened {}

  /// The node does not know this process: this proof is to be sent to it. What it was told before
  /// it has dropped.
  record Prove(String node, ByteBuffer proof) implements Opened {}

  /// The process has answered: from now on it is believed.
  record Proven(String node, long process) implements Opened {}

  /// Not believed.
  ///
  /// @param claimed the node that it says it is of, if it is the seal that was not believed; empty:
  ///   unknown, or of no interest
  record Dropped(Reason reason, String claimed) implements Opened {
    Dropped(Reason reason) {
      this(reason, "");
    }
  }

  /// Why a datagram is not believed.
  enum Reason {
    /// Too short, of another format, or its parts do not fit.
    MALFORMED,
    /// For another node.
    NOT_FOR_THIS_NODE,
    /// Sealed with a key that is not on the ring.
    UNKNOWN_KEY,
    /// The seal does not fit.
    FORGED,
    /// Taken before, or older than all that is remembered.
    REPLAYED,
    /// The process has been asked already and has not answered yet.
    NOT_PROVEN_YET,
    /// An answer to a question that was not asked, or too late.
    NOT_ASKED
  }
}
