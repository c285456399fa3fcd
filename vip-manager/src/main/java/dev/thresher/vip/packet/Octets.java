package dev.thresher.vip.packet;

/// Numbers in network byte order and the Internet checksum (RFC 1071).
final class Octets {

  private Octets() {}

  static int u8(byte[] bytes, int offset) {
    return bytes[offset] & 0xff;
  }

  static int u16(byte[] bytes, int offset) {
    return (u8(bytes, offset) << 8) | u8(bytes, offset + 1);
  }

  static void put16(byte[] bytes, int offset, int value) {
    bytes[offset] = (byte) (value >>> 8);
    bytes[offset + 1] = (byte) value;
  }

  /// The unfolded sum of 16-bit words; an odd last octet counts as the high half of a word.
  static long sum(byte[] bytes, int offset, int length) {
    long sum = 0;
    for (int i = 0; i + 1 < length; i += 2) {
      sum += u16(bytes, offset + i);
    }
    if ((length & 1) != 0) {
      sum += (long) u8(bytes, offset + length - 1) << 8;
    }
    return sum;
  }

  /// The checksum of an unfolded sum; 0 if the sum covered a right checksum.
  static int fold(long sum) {
    long folded = sum;
    while (folded >>> 16 != 0) {
      folded = (folded & 0xffff) + (folded >>> 16);
    }
    return (int) ~folded & 0xffff;
  }
}
