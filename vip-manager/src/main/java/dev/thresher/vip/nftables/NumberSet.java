package dev.thresher.vip.nftables;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/// A named set of 32-bit numbers, or a map of such to such. They have the type of packet marks,
/// which `nft` can list.
public record NumberSet(String name, Kind kind) {

  /// What elements are like.
  public enum Kind {
    /// Each stays until it is removed.
    PLAIN(0),
    /// Each may vanish by itself, at a time of its own.
    ENDING(0x10),
    /// Each leads to another number.
    MAP(0x8);

    private final int flags;

    Kind(int flags) {
      this.flags = flags;
    }

    int flags() {
      return flags;
    }
  }

  /// The number by which `nft` knows packet marks.
  static final int TYPE = 19;

  static final int LENGTH = 4;

  /// As the kernel has marks in its registers: in the host's order.
  static byte[] octets(int number) {
    return ByteBuffer.allocate(LENGTH).order(ByteOrder.nativeOrder()).putInt(number).array();
  }

  /// The same, as [Expression.IsEqual] wants it.
  public static String hex(int number) {
    return HexFormat.of().formatHex(octets(number));
  }
}
