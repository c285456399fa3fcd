package dev.thresher.vip.sealing;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/// The bytes of a sealed datagram, without its seal: format, kind, number of the key, number of the
/// sender's newest key, the sender's process, the datagram's number, sender, receiver, and the
/// rest.
///
/// @param key with which it is sealed
/// @param newestKey that the sender has
/// @param process random number of the sender's process
/// @param number higher with each datagram of the process
/// @param payload what it says
record Datagram(
    Kind kind,
    int key,
    int newestKey,
    long process,
    long number,
    String sender,
    String receiver,
    ByteBuffer payload) {

  static final byte FORMAT = 1;

  enum Kind {
    /// A message.
    DATA(1),
    /// Asks a process to answer: its number, and a nonce.
    QUESTION(2),
    /// The nonce.
    PROOF(3);

    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }
  }

  /// The bytes, with room for a seal at the end.
  byte[] encode(int room) {
    byte[] from = sender.getBytes(StandardCharsets.UTF_8);
    byte[] to = receiver.getBytes(StandardCharsets.UTF_8);
    if (from.length > 253 || to.length > 253) {
      throw new IllegalArgumentException(
          "a node's name has at most 253 bytes, found " + sender + " and " + receiver);
    }
    ByteBuffer out = ByteBuffer.allocate(28 + from.length + to.length + payload.remaining() + room);
    out.put(FORMAT).put(kind.code).putInt(key).putInt(newestKey);
    out.putLong(process).putLong(number);
    out.put((byte) from.length).put(from).put((byte) to.length).put(to);
    out.put(payload.duplicate());
    return out.array();
  }

  /// Reads what [#encode] wrote; empty for anything else.
  static Optional<Datagram> decode(ByteBuffer in) {
    try {
      if (in.get() != FORMAT) {
        return Optional.empty();
      }
      byte code = in.get();
      Optional<Kind> kind =
          Arrays.stream(Kind.values()).filter(known -> known.code == code).findFirst();
      if (kind.isEmpty()) {
        return Optional.empty();
      }
      int key = in.getInt();
      int newest = in.getInt();
      long process = in.getLong();
      long number = in.getLong();
      String sender = text(in);
      String receiver = text(in);
      return Optional.of(
          new Datagram(kind.get(), key, newest, process, number, sender, receiver, in.slice()));
    } catch (BufferUnderflowException | CharacterCodingException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String text(ByteBuffer in) throws CharacterCodingException {
    int length = Byte.toUnsignedInt(in.get());
    if (length == 0 || length > in.remaining()) {
      throw new IllegalArgumentException("text of " + length + " bytes");
    }
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
  }
}
