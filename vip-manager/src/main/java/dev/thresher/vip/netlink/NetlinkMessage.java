package dev.thresher.vip.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// One netlink message: a header of 16 octets and a payload (`struct nlmsghdr`; netlink(7)). All
/// numbers are in host byte order, which is little-endian on both machines we run on.
///
/// @param type what it is, per subsystem; below 16 for control messages
/// @param flags the NLM_F_ bits
/// @param sequence chosen by the requester, repeated by the answer
/// @param port the sender's port; 0 to and from the kernel's multicast
/// @param payload read-only, little-endian, from position to limit
public record NetlinkMessage(int type, int flags, int sequence, int port, ByteBuffer payload) {
  /// Octets of the header.
  public static final int HEADER = 16;

  /// Control message: an error or, with code 0, an acknowledgement.
  public static final int ERROR = 2;

  /// Control message: the end of a dump.
  public static final int DONE = 3;

  /// Control message: messages were lost.
  public static final int OVERRUN = 4;

  /// A request to the kernel.
  public static final int REQUEST = 0x1;

  /// Answer with an acknowledgement.
  public static final int ACK = 0x4;

  /// The picture changed while it was dumped: ask again.
  public static final int DUMP_INTERRUPTED = 0x10;

  /// Give all entries.
  public static final int DUMP = 0x300;

  /// New: replace an existing one.
  public static final int REPLACE = 0x100;

  /// New: fail if it exists.
  public static final int EXCLUSIVE = 0x200;

  /// New: create if it does not exist.
  public static final int CREATE = 0x400;

  /// New: add to the end of the list.
  public static final int APPEND = 0x800;

  private static final int ACK_HAS_ATTRIBUTES = 0x200;
  private static final int ACK_TEXT = 1;

  public NetlinkMessage {
    payload = payload.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /// A message to the kernel; sequence and port are put in by the socket.
  public static NetlinkMessage request(int type, int flags, byte[] payload) {
    return new NetlinkMessage(type, REQUEST | flags, 0, 0, ByteBuffer.wrap(payload));
  }

  /// This message under another sequence number.
  public NetlinkMessage withSequence(int number) {
    return new NetlinkMessage(type, flags, number, port, payload);
  }

  /// This message with more flags.
  public NetlinkMessage withFlags(int more) {
    return new NetlinkMessage(type, flags | more, sequence, port, payload);
  }

  /// A view of the payload of its own, little-endian.
  public ByteBuffer body() {
    return payload.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /// For an [#ERROR] message: the positive error number, 0 for an acknowledgement.
  ///
  /// @throws MalformedNetlinkException if the message carries none
  public int error() {
    if (type != ERROR || payload.remaining() < 4) {
      throw new MalformedNetlinkException(
          "netlink message of type " + type + " carries no error code");
    }
    return -body().getInt();
  }

  /// For an [#ERROR] message: what the kernel says about it in words; empty if nothing.
  ///
  /// @throws MalformedNetlinkException if a length does not fit
  public String errorText() {
    if ((flags & ACK_HAS_ATTRIBUTES) == 0 || payload.remaining() < 4 + HEADER) {
      return "";
    }
    return Attributes.read(body().position(payload.position() + 4 + HEADER))
        .string(ACK_TEXT)
        .orElse("");
  }

  /// Writes messages one after the other, each padded to four octets.
  public static byte[] encode(List<NetlinkMessage> messages) {
    int size = 0;
    for (NetlinkMessage message : messages) {
      size += align(HEADER + message.payload.remaining());
    }
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    for (NetlinkMessage message : messages) {
      int start = out.position();
      int length = HEADER + message.payload.remaining();
      out.putInt(length)
          .putShort((short) message.type)
          .putShort((short) message.flags)
          .putInt(message.sequence)
          .putInt(message.port)
          .put(message.body());
      out.position(start + align(length));
    }
    return out.array();
  }

  /// Reads the messages of one datagram. The messages share `datagram`'s octets.
  ///
  /// @throws MalformedNetlinkException if a length does not fit
  public static List<NetlinkMessage> decode(byte[] datagram, int length) {
    ByteBuffer in = ByteBuffer.wrap(datagram, 0, length).order(ByteOrder.LITTLE_ENDIAN);
    List<NetlinkMessage> messages = new ArrayList<>();
    while (in.remaining() >= HEADER) {
      int start = in.position();
      int size = in.getInt();
      if (size < HEADER || size > length - start) {
        throw new MalformedNetlinkException(
            "netlink message at offset " + start + " of " + length + " claims length " + size);
      }
      int type = in.getShort() & 0xffff;
      int flags = in.getShort() & 0xffff;
      int sequence = in.getInt();
      int port = in.getInt();
      messages.add(
          new NetlinkMessage(type, flags, sequence, port, in.slice(start + HEADER, size - HEADER)));
      in.position(Math.min(length, start + align(size)));
    }
    return messages;
  }

  static int align(int length) {
    return (length + 3) & ~3;
  }
}
