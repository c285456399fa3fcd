package dev.thresher.vip.packet;

import java.net.Inet6Address;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The body of solicitations and advertisements: 24 octets, then options (RFC 4861 4.3, 4.4, 4.6).
final class NeighborDiscovery {
  static final int SOLICITATION = 135;
  static final int ADVERTISEMENT = 136;

  /// Octets up to and with the target.
  static final int FIXED = 24;

  static final int SOURCE_MAC = 1;
  static final int TARGET_MAC = 2;

  private static final int OPTION_LENGTH = 8;

  private NeighborDiscovery() {}

  /// Found options. A well-formed message may have none.
  record Options(@Nullable MacAddress mac) {}

  /// Walks the options and keeps the first MAC of a kind; empty if one is malformed, which makes
  /// the whole message invalid (RFC 4861 7.1).
  static Optional<Options> options(byte[] bytes, int offset, int end, int kind) {
    MacAddress mac = null;
    int at = offset;
    while (at < end) {
      if (end - at < 2) {
        return Optional.empty();
      }
      int length = Octets.u8(bytes, at + 1) * 8;
      if (length == 0 || length > end - at) {
        return Optional.empty();
      }
      if (mac == null && Octets.u8(bytes, at) == kind && length == OPTION_LENGTH) {
        mac = MacAddress.read(bytes, at + 2);
      }
      at += length;
    }
    return Optional.of(new Options(mac));
  }

  static int length(@Nullable MacAddress mac) {
    return FIXED + (mac == null ? 0 : OPTION_LENGTH);
  }

  /// Writes all but the checksum.
  static void write(
      byte[] bytes,
      int offset,
      int type,
      int flags,
      Inet6Address target,
      int kind,
      @Nullable MacAddress mac) {
    bytes[offset] = (byte) type;
    bytes[offset + 4] = (byte) flags;
    IpBytes.write(target, bytes, offset + 8);
    if (mac != null) {
      bytes[offset + FIXED] = (byte) kind;
      bytes[offset + FIXED + 1] = 1;
      mac.write(bytes, offset + FIXED + 2);
    }
  }
}
