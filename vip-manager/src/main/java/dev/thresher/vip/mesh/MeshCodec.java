package dev.thresher.vip.mesh;

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
      case MeshMessage.Hello(var format, var node, var process, var session) -> {
        frame.put(HELLO).put((byte) format);
        text(frame, node);
        text(frame, process);
        frame.putLong(session);
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
        case HELLO -> {
          int format = frame.get();
          if (format < 1) {
            throw new MalformedException("greeting of format " + format + ", want 1 or more");
          }
          String node = text(frame);
          String process = text(frame);
          if (node.isEmpty() || process.isEmpty()) {
            throw new MalformedException("greeting without node or process");
          }
          if (!process.chars().allMatch(Character::isLetterOrDigit)) {
            throw new MalformedException("process must be letters and digits, found " + process);
          }
          yield Optional.of(new MeshMessage.Hello(format, node, process, frame.getLong()));
        }
        case PING -> Optional.of(new MeshMessage.Ping(frame.getLong()));
        case PONG -> Optional.of(new MeshMessage.Pong(frame.getLong()));
        case RECORD_AT -> Optional.of(new MeshMessage.RecordAt(frame.getLong()));
        default -> Optional.empty();
      };
    } catch (BufferUnderflowException e) {
      throw new MalformedException("message of kind " + kind + " ends too early");
    }
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
