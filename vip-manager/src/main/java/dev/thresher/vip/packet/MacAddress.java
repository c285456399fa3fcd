package dev.thresher.vip.packet;

import java.util.HexFormat;

/// A 48-bit hardware address (IEEE 802 MAC).
///
/// @param value the six octets, most significant first, in the low 48 bits
public record MacAddress(long value) {
  /// Octets of an address.
  public static final int LENGTH = 6;

  /// All stations of a link.
  public static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);

  /// All zero: "not known", as in an ARP request's target.
  public static final MacAddress ZERO = new MacAddress(0);

  public MacAddress {
    if (value >>> 48 != 0) {
      throw new IllegalArgumentException(
          "MAC address must fit in 48 bits, found 0x" + Long.toHexString(value));
    }
  }

  /// Reads six octets at an offset.
  public static MacAddress read(byte[] bytes, int offset) {
    long value = 0;
    for (int i = 0; i < LENGTH; i++) {
      value = (value << 8) | (bytes[offset + i] & 0xff);
    }
    return new MacAddress(value);
  }

  /// Parses `aa:bb:cc:dd:ee:ff` (also with `-`).
  public static MacAddress parse(String text) {
    String[] parts = text.split("[:-]", -1);
    long value = 0;
    if (parts.length != LENGTH) {
      throw invalid(text);
    }
    for (String part : parts) {
      if (part.length() != 2) {
        throw invalid(text);
      }
      try {
        value = (value << 8) | HexFormat.fromHexDigits(part);
      } catch (IllegalArgumentException e) {
        throw invalid(text);
      }
    }
    return new MacAddress(value);
  }

  private static IllegalArgumentException invalid(String text) {
    return new IllegalArgumentException(
        "MAC address must be six pairs of hex digits like 02:00:00:00:00:01, found \""
            + text
            + '"');
  }

  /// Writes the six octets at an offset.
  public void write(byte[] bytes, int offset) {
    for (int i = 0; i < LENGTH; i++) {
      bytes[offset + i] = (byte) (value >>> (8 * (LENGTH - 1 - i)));
    }
  }

  /// The six octets, most significant first.
  public byte[] octets() {
    byte[] bytes = new byte[LENGTH];
    write(bytes, 0);
    return bytes;
  }

  /// True for broadcast and multicast: nobody's own address.
  public boolean isGroup() {
    return ((value >>> 40) & 1) != 0;
  }

  @Override
  public String toString() {
    return HexFormat.ofDelimiter(":").formatHex(octets());
  }
}
