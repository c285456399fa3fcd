package dev.thresher.vip.mesh;

import dev.thresher.vip.sealing.GreetingSeal;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Messages as bytes: two bytes of length (of what follows), one byte of kind, the fields in
/// network order; a text is one byte of length and UTF-8.
public final class MeshCodec {

  /// Version of the format in a greeting. A later one may add kinds of messages, which are skipped,
  /// and fields at the end, which are ignored.
  public static final int FORMAT = 1;

  /// Longest frame, without its length.
  public static final int MAX_FRAME = 1024;

  private static final byte HELLO = 1;
  private static final byte PING = 2;
  private static final byte PONG = 3;
  private static final byte RECORD_AT = 4;
  private static final byte CHALLENGE = 5;
  private static final byte PROVEN = 6;

  private MeshCodec() {}

  /// The bytes came from no mesh, or from a broken one.
  public static final class MalformedException extends Exception {
    public MalformedException(String message) {
      super(message);
    }
  }

  /// One frame, ready to be written.
  public static ByteBuffer encode(MeshMessage message) {
    ByteBuffer frame = ByteBuffer.allocate(2 + MAX_FRAME);
    frame.position(2);
    switch (message) {
      case MeshMessage.Hello hello -> hello(frame.put(HELLO), hello);
      case MeshMessage.Challenge(var format, var node, var newestKey, var nonce) -> {
        frame.put(CHALLENGE).put((byte) format);
        text(frame, node);
        frame.putInt(newestKey).put(nonce.duplicate());
      }
      case MeshMessage.Proven(var hello, var key, var proof) -> {
        hello(frame.put(PROVEN), hello);
        frame.putInt(key).put(proof.duplicate());
      }
      case MeshMessage.Ping(var number) -> frame.put(PING).putLong(number);
      case MeshMessage.Pong(var number) -> frame.put(PONG).putLong(number);
      case MeshMessage.RecordAt(var version) -> frame.put(RECORD_AT).putLong(version);
    }
    frame.putShort(0, (short) (frame.position() - 2));
    return frame.flip();
  }

  /// Takes one whole frame from the buffer.
  ///
  /// @param in readable bytes; its position moves past what was taken
  /// @return empty if no whole frame of a known kind is left
  public static Optional<MeshMessage> decode(ByteBuffer in) throws MalformedException {
    while (in.remaining() >= 2) {
      int length = Short.toUnsignedInt(in.getShort(in.position()));
      if (length == 0 || length > MAX_FRAME) {
        throw new MalformedException("frame of " + length + " bytes, want 1 to " + MAX_FRAME);
      }
      if (in.remaining() < 2 + length) {
        return Optional.empty();
      }
      ByteBuffer frame = in.slice(in.position() + 2, length);
      in.position(in.position() + 2 + length);
      Optional<MeshMessage> message = one(frame);
      if (message.isPresent()) {
        return message;
      }
    }
    return Optional.empty();
  }

  private static Optional<MeshMessage> one(ByteBuffer frame) throws MalformedException {
    byte kind = frame.get();
    try {
      return switch (kind) {
        case HELLO -> Optional.of(hello(frame));
        case CHALLENGE -> Optional.of(challenge(frame));
        case PROVEN ->
            Optional.of(
                new MeshMessage.Proven(
                    hello(frame), frame.getInt(), bytes(frame, GreetingSeal.LENGTH)));
        case PING -> Optional.of(new MeshMessage.Ping(frame.getLong()));
        case PONG -> Optional.of(new MeshMessage.Pong(frame.getLong()));
        case RECORD_AT -> Optional.of(new MeshMessage.RecordAt(frame.getLong()));
        default -> Optional.empty();
      };
    } catch (BufferUnderflowException e) {
      throw new MalformedException("message of kind " + kind + " ends too early");
    }
  }

  private static void hello(ByteBuffer frame, MeshMessage.Hello hello) {
    frame.put((byte) hello.format());
    text(frame, hello.node());
    text(frame, hello.process());
    frame.putLong(hello.session());
  }

  private static MeshMessage.Hello hello(ByteBuffer frame) throws MalformedException {
    int format = format(frame);
    String node = text(frame);
    String process = text(frame);
    if (node.isEmpty() || process.isEmpty()) {
      throw new MalformedException("greeting without node or process");
    }
    if (!process.chars().allMatch(Character::isLetterOrDigit)) {
      throw new MalformedException("process must be letters and digits, found " + process);
    }
    return new MeshMessage.Hello(format, node, process, frame.getLong());
  }

  private static MeshMessage.Challenge challenge(ByteBuffer frame) throws MalformedException {
    int format = format(frame);
    String node = text(frame);
    if (node.isEmpty()) {
      throw new MalformedException("challenge without node");
    }
    return new MeshMessage.Challenge(
        format, node, frame.getInt(), bytes(frame, GreetingSeal.NONCE));
  }

  private static int format(ByteBuffer frame) throws MalformedException {
    int format = frame.get();
    if (format < 1) {
      throw new MalformedException("greeting of format " + format + ", want 1 or more");
    }
    return format;
  }

  private static ByteBuffer bytes(ByteBuffer frame, int length) {
    byte[] bytes = new byte[length];
    frame.get(bytes);
    return ByteBuffer.wrap(bytes);
  }

  private static void text(ByteBuffer frame, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 255) {
      throw new IllegalArgumentException(
          "a text in the mesh has at most 255 bytes, found " + bytes.length + ": " + text);
    }
    frame.put((byte) bytes.length).put(bytes);
  }

  private static String text(ByteBuffer frame) throws MalformedException {
    int length = Byte.toUnsignedInt(frame.get());
    if (length > frame.remaining()) {
      throw new MalformedException(
          "text of " + length + " bytes where " + frame.remaining() + " are left");
    }
    ByteBuffer bytes = frame.slice(frame.position(), length);
    frame.position(frame.position() + length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedException("text is not UTF-8");
    }
  }
}
