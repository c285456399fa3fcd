package dev.thresher.vip.mesh;

import dev.thresher.vip.sealing.GreetingSeal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The proof of the greetings on one connection.
///
/// Each side begins with a [MeshMessage.Challenge]. The one who dialled greets first, the other
/// when it has believed that. The seal of a greeting covers both challenges, with the nonces and
/// both nodes' names in them, who dialled, how many greetings came before in this direction, and
/// the greeting: it fits no other connection, no other node, no other direction, and only once.
/// Confined to the mesh's thread.
final class Handshake {

  enum Side {
    DIALLED(1),
    ACCEPTED(2);

    private final byte code;

    Side(int code) {
      this.code = (byte) code;
    }

    private Side other() {
      return this == DIALLED ? ACCEPTED : DIALLED;
    }
  }

  /// Why a greeting is not believed.
  enum Reason {
    /// It came without a proof: the peer has no keys.
    PLAIN,
    /// Sealed with a key that is not on the ring.
    UNKNOWN_KEY,
    /// The seal does not fit: forged, of another connection, or of another key.
    FORGED,
    /// The peer did not greet in time.
    NOT_GREETED
  }

  /// The greeting was not proven.
  static final class UnprovenException extends Exception {
    final Reason reason;

    UnprovenException(Reason reason) {
      super("the greeting is not proven: " + reason);
      this.reason = reason;
    }
  }

  private final Side side;
  private final MeshMessage.Challenge own;
  private MeshMessage.@Nullable Challenge theirs;
  private int answered;
  private long said;
  private long heard;

  Handshake(Side side, String node, GreetingSeal seal, RandomGenerator nonces) {
    this.side = side;
    byte[] nonce = new byte[GreetingSeal.NONCE];
    nonces.nextBytes(nonce);
    own =
        new MeshMessage.Challenge(MeshCodec.FORMAT, node, seal.newestKey(), ByteBuffer.wrap(nonce));
  }

  /// To be said first.
  MeshMessage.Challenge challenge() {
    return own;
  }

  /// Hears the other's challenge.
  void challenged(MeshMessage.Challenge by) throws MeshCodec.MalformedException {
    if (theirs != null) {
      throw new MeshCodec.MalformedException("a second challenge of node " + by.node());
    }
    theirs = by;
  }

  boolean believed() {
    return heard > 0;
  }

  /// The next greeting of this side with its proof, after the other's challenge. It is sealed with
  /// the newest key that both have; an answer with the key of what it answers, which the other
  /// surely has.
  MeshMessage.Proven prove(MeshMessage.Hello hello, GreetingSeal seal) {
    MeshMessage.Challenge other = theirs;
    if (other == null) {
      throw new IllegalStateException("nothing can be proven before the other's challenge");
    }
    int key = seal.has(answered) ? answered : seal.keyFor(other.newestKey());
    ByteBuffer covered = covered(side, own, other, said++, hello, key);
    return new MeshMessage.Proven(hello, key, ByteBuffer.wrap(seal.seal(key, covered)));
  }

  /// Believes a greeting of the other side or throws.
  void believe(MeshMessage.Proven greeting, GreetingSeal seal)
      throws MeshCodec.MalformedException, UnprovenException {
    MeshMessage.Challenge other = theirs;
    MeshMessage.Hello hello = greeting.hello();
    if (other == null || !other.node().equals(hello.node())) {
      throw new MeshCodec.MalformedException(
          "a greeting of node " + hello.node() + " without its challenge");
    }
    if (!seal.has(greeting.key())) {
      throw new UnprovenException(Reason.UNKNOWN_KEY);
    }
    ByteBuffer covered = covered(side.other(), other, own, heard, hello, greeting.key());
    byte[] proof = new byte[greeting.proof().remaining()];
    greeting.proof().duplicate().get(proof);
    if (!seal.fits(greeting.key(), covered, proof)) {
      throw new UnprovenException(Reason.FORGED);
    }
    heard++;
    answered = greeting.key();
  }

  /// What a proof is over. A later format must seal the same, and may add to it.
  private static ByteBuffer covered(
      Side speaker,
      MeshMessage.Challenge speakers,
      MeshMessage.Challenge readers,
      long number,
      MeshMessage.Hello hello,
      int key) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * MeshCodec.MAX_FRAME);
    bytes.put(speaker.code).putLong(number).putInt(key);
    for (MeshMessage.Challenge challenge : new MeshMessage.Challenge[] {speakers, readers}) {
      bytes.put((byte) challenge.format());
      text(bytes, challenge.node());
      bytes.putInt(challenge.newestKey()).put(challenge.nonce().duplicate());
    }
    bytes.put((byte) hello.format());
    text(bytes, hello.node());
    text(bytes, hello.process());
    return bytes.putLong(hello.session()).flip();
  }

  private static void text(ByteBuffer bytes, String text) {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    bytes.put((byte) encoded.length).put(encoded);
  }
}
