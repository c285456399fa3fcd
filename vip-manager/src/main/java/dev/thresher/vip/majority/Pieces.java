package dev.thresher.vip.majority;

import dev.thresher.vip.lease.LeaseCodec;
import dev.thresher.vip.lease.LeaseCodec.MalformedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Lease messages that are longer than a datagram, in pieces: what a node asks for, holds or is
/// refused names some 2,300 addresses in 60 KB. Confined to one thread.
///
/// A piece is the octet 127, which begins no message; the number of the message, higher with each
/// of a process; its place, from 0, and how many there are, two octets each; and its part of the
/// message, of the same length in all pieces but the last. Of each node one message is put together
/// at a time, the latest. A lost piece loses the message, as a lost datagram does: who sent it says
/// it again, with the next heartbeat at the latest.
final class Pieces {

  /// Longest payload in bytes of one datagram, with room for its sealing.
  static final int DATAGRAM = 60_000;

  /// Longest message in pieces.
  static final int MOST = Pieces.count(LeaseCodec.LONGEST);

  private static final byte PIECE = 127;
  private static final int HEADER = 13;

  /// Bytes of a message in each piece but the last.
  private static final int EACH = DATAGRAM - HEADER;

  /// @param count of pieces, 0 once all are there
  /// @param parts by place
  private record Begun(long process, long number, int count, SortedMap<Integer, byte[]> parts) {

    boolean isOf(long other, long numbered, int pieces) {
      return process == other && number == numbered && count == pieces;
    }
  }

  private final Map<String, Begun> begun = new HashMap<>();
  private long sent;

  /// The payloads of the datagrams that carry a message.
  List<ByteBuffer> cut(byte[] message) {
    if (message.length <= DATAGRAM) {
      return List.of(ByteBuffer.wrap(message));
    }
    sent++;
    int count = count(message.length);
    List<ByteBuffer> pieces = new ArrayList<>();
    for (int place = 0; place < count; place++) {
      int from = place * EACH;
      int length = Math.min(EACH, message.length - from);
      ByteBuffer piece = ByteBuffer.allocate(HEADER + length);
      piece.put(PIECE).putLong(sent).putShort((short) place).putShort((short) count);
      pieces.add(piece.put(message, from, length).flip());
    }
    return pieces;
  }

  /// @param node who sent the payload
  /// @param process that node's
  /// @return the message, if the payload is one or completes one
  Optional<ByteBuffer> join(String node, long process, ByteBuffer payload)
      throws MalformedException {
    if (!payload.hasRemaining() || payload.get(payload.position()) != PIECE) {
      return Optional.of(payload);
    }
    if (payload.remaining() <= HEADER) {
      throw new MalformedException("a piece of " + payload.remaining() + " bytes");
    }
    payload.get();
    long number = payload.getLong();
    int place = Short.toUnsignedInt(payload.getShort());
    int count = Short.toUnsignedInt(payload.getShort());
    if (count < 2 || count > MOST || place >= count) {
      throw new MalformedException(
          "piece " + place + " of " + count + ", a message has 2 to " + MOST);
    }
    Begun message = begun.get(node);
    if (message == null || !message.isOf(process, number, count)) {
      if (message != null && message.process() == process && number <= message.number()) {
        // Of a message that is complete, or that a later one has overtaken.
        return Optional.empty();
      }
      message = new Begun(process, number, count, new TreeMap<>());
      begun.put(node, message);
    }
    byte[] part = new byte[payload.remaining()];
    payload.get(part);
    message.parts().put(place, part);
    if (message.parts().size() < count) {
      return Optional.empty();
    }
    begun.put(node, new Begun(process, number, 0, new TreeMap<>()));
    return Optional.of(whole(message.parts().values()));
  }

  private static int count(int bytes) {
    return (bytes + EACH - 1) / EACH;
  }

  private static ByteBuffer whole(Collection<byte[]> parts) {
    ByteBuffer whole = ByteBuffer.allocate(parts.stream().mapToInt(part -> part.length).sum());
    parts.forEach(whole::put);
    return whole.flip();
  }

  /// Forgets what came of other nodes than these.
  void retain(Set<String> nodes) {
    begun.keySet().retainAll(nodes);
  }
}
