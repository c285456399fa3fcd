package dev.thresher.vip.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/// Builds the payload of a netlink message: a fixed part, then attributes (`struct nlattr`: length,
/// type, value, padding to four octets).
///
/// Numbers come in two byte orders, and the method names say which: rtnetlink uses the host's
/// (little-endian), nfnetlink the network's.
public final class AttributeWriter {
  private static final int NESTED = 0x8000;

  /// An attribute's length field has 16 bits.
  private static final int MAX_LENGTH = 0xffff;

  private ByteBuffer out = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);

  /// Raw octets: the fixed part at the beginning.
  public AttributeWriter raw(byte... octets) {
    room(octets.length + 3);
    out.put(octets);
    pad();
    return this;
  }

  /// An attribute of octets.
  public AttributeWriter bytes(int type, byte... value) {
    int length = 4 + value.length;
    if (length > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "netlink attribute " + type + " is limited to 65531 octets, found " + value.length);
    }
    room(length + 3);
    out.putShort((short) length).putShort((short) type).put(value);
    pad();
    return this;
  }

  /// An attribute with a zero-terminated string.
  public AttributeWriter string(int type, String value) {
    byte[] octets = value.getBytes(StandardCharsets.UTF_8);
    return bytes(type, Arrays.copyOf(octets, octets.length + 1));
  }

  /// A 32-bit number in host order.
  public AttributeWriter hostInt(int type, int value) {
    return bytes(type, order(ByteOrder.LITTLE_ENDIAN, 4).putInt(value).array());
  }

  /// An 8-bit number.
  public AttributeWriter octet(int type, int value) {
    return bytes(type, (byte) value);
  }

  /// A 32-bit number in network order.
  public AttributeWriter networkInt(int type, int value) {
    return bytes(type, order(ByteOrder.BIG_ENDIAN, 4).putInt(value).array());
  }

  /// A 64-bit number in network order.
  public AttributeWriter networkLong(int type, long value) {
    return bytes(type, order(ByteOrder.BIG_ENDIAN, 8).putLong(value).array());
  }

  /// An attribute that contains attributes.
  public AttributeWriter nested(int type, Consumer<AttributeWriter> content) {
    room(4);
    int start = out.position();
    out.putInt(0);
    content.accept(this);
    int length = out.position() - start;
    if (length > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "nested netlink attribute " + type + " is limited to 65535 octets, found " + length);
    }
    out.putShort(start, (short) length).putShort(start + 2, (short) (type | NESTED));
    return this;
  }

  /// What was written so far.
  public byte[] toBytes() {
    return Arrays.copyOf(out.array(), out.position());
  }

  private static ByteBuffer order(ByteOrder order, int size) {
    return ByteBuffer.allocate(size).order(order);
  }

  private void pad() {
    while ((out.position() & 3) != 0) {
      out.put((byte) 0);
    }
  }

  private void room(int more) {
    if (out.remaining() < more) {
      ByteBuffer larger =
          ByteBuffer.allocate(Math.max(out.capacity() * 2, out.position() + more))
              .order(ByteOrder.LITTLE_ENDIAN);
      larger.put(out.flip());
      out = larger;
    }
  }
}
