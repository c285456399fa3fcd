package dev.thresher.vip.packet;

import java.nio.ByteBuffer;

/// An ICMP echo request or reply, of either version (RFC 792, RFC 4443 4): only the type numbers
/// and the checksum differ.
///
/// @param request or reply
/// @param identifier 16 bits, repeated by the reply
/// @param sequence 16 bits, repeated by the reply
/// @param data read-only, from position to limit; repeated by the reply
public record IcmpEcho(boolean request, int identifier, int sequence, ByteBuffer data) {
  /// Octets before the data.
  public static final int HEADER = 8;

  public IcmpEcho {
    data = data.asReadOnlyBuffer();
  }

  /// The answer to this request.
  public IcmpEcho reply() {
    return new IcmpEcho(false, identifier, sequence, data);
  }

  int length() {
    return HEADER + data.remaining();
  }

  static IcmpEcho read(byte[] bytes, int offset, int length, boolean request) {
    byte[] data = new byte[length - HEADER];
    System.arraycopy(bytes, offset + HEADER, data, 0, data.length);
    return new IcmpEcho(
        request,
        Octets.u16(bytes, offset + 4),
        Octets.u16(bytes, offset + 6),
        ByteBuffer.wrap(data));
  }

  /// Writes all but the checksum.
  void write(byte[] bytes, int offset, int type) {
    bytes[offset] = (byte) type;
    Octets.put16(bytes, offset + 4, identifier);
    Octets.put16(bytes, offset + 6, sequence);
    data.duplicate().get(bytes, offset + HEADER, data.remaining());
  }
}
