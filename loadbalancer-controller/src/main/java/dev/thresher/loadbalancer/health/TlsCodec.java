package dev.thresher.loadbalancer.health;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;

/// Wraps a [Conversation] into TLS. Sees bytes and no sockets: a call computes and never waits.
///
/// Used for one probe only, by one thread at a time.
final class TlsCodec {

  private final SSLEngine engine;
  private final Conversation conversation;
  private ByteBuffer in = ByteBuffer.allocate(0);
  private boolean begun;
  private boolean greeted;

  /// @param engine of a client, which nobody else uses
  TlsCodec(SSLEngine engine, Conversation conversation) {
    this.engine = engine;
    this.conversation = conversation;
  }

  /// What there is to do now.
  ///
  /// @param send goes to the other side first; may be empty
  /// @param end how the probe ends; empty to wait for more from the other side
  record Step(ByteBuffer send, Optional<Outcome> end) {}

  /// Goes on with what has come since the last call. The first call has nothing and begins the
  /// handshake.
  ///
  /// @param received all of it is consumed
  /// @throws SSLException if the other side does not speak TLS, or does not agree
  Step step(ByteBuffer received) throws SSLException {
    if (!begun) {
      begun = true;
      engine.beginHandshake();
    }
    in = ByteBuffer.allocate(in.remaining() + received.remaining()).put(in).put(received).flip();
    var out = new ByteArrayOutputStream();
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> runTasks();
        case NEED_WRAP -> wrap(ByteBuffer.allocate(0), out);
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN, NOT_HANDSHAKING, FINISHED -> {
          if (!greeted && !shakesHands()) {
            greeted = true;
            wrap(ByteBuffer.wrap(conversation.greeting()), out);
          } else {
            ByteBuffer plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
            SSLEngineResult result = engine.unwrap(in, plain);
            Optional<Outcome> end = heard(plain.flip());
            if (end.isEmpty() && result.getStatus() == SSLEngineResult.Status.CLOSED) {
              end = Optional.of(closed());
            }
            if (end.isPresent() || isStuck(result)) {
              return new Step(ByteBuffer.wrap(out.toByteArray()), end);
            }
          }
        }
      }
    }
  }

  private boolean shakesHands() {
    return switch (engine.getHandshakeStatus()) {
      case NEED_TASK, NEED_WRAP, NEED_UNWRAP, NEED_UNWRAP_AGAIN -> true;
      case NOT_HANDSHAKING, FINISHED -> false;
    };
  }

  /// Whether the engine can do nothing without more from the other side.
  private boolean isStuck(SSLEngineResult result) throws SSLException {
    return switch (result.getStatus()) {
      case BUFFER_UNDERFLOW -> true;
      case BUFFER_OVERFLOW -> throw new SSLException("a record is larger than TLS has them");
      case OK, CLOSED ->
          result.bytesConsumed() == 0
              && engine.getHandshakeStatus() != SSLEngineResult.HandshakeStatus.NEED_TASK
              && engine.getHandshakeStatus() != SSLEngineResult.HandshakeStatus.NEED_WRAP;
    };
  }

  private void runTasks() {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  private void wrap(ByteBuffer plain, ByteArrayOutputStream out) throws SSLException {
    do {
      ByteBuffer packet = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
      SSLEngineResult.Status status = engine.wrap(plain, packet).getStatus();
      if (status != SSLEngineResult.Status.OK) {
        throw new SSLException("nothing more can be sent: " + status);
      }
      out.write(packet.array(), 0, packet.position());
    } while (plain.hasRemaining());
  }

  private Optional<Outcome> heard(ByteBuffer plain) {
    return plain.hasRemaining() ? conversation.received(plain) : Optional.empty();
  }

  /// How the probe ends if the other side closes the connection now.
  Outcome closed() {
    return greeted
        ? conversation.closed()
        : new Outcome.Failed("TlsFailed", "closed the connection in the TLS handshake");
  }
}
