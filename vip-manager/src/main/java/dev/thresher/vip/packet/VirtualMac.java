package dev.thresher.vip.packet;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// The MAC that an address has for itself, the same on every node: it follows from the address
/// alone. Pure.
///
/// All are locally administered (IEEE 802, the second bit of the first octet), so that no maker of
/// hardware gives them to a device.
public final class VirtualMac {
  /// Before the four octets of an IPv4 address.
  private static final long PREFIX4 = 0x0256L << 32;

  /// Before five octets that stand for an IPv6 address.
  private static final long PREFIX6 = 0x06L << 40;

  private VirtualMac() {}

  /// The MAC of an address. For IPv4 `02:56:` and the address, which nothing else leads to; for
  /// IPv6 `06:` and the first 40 bits of the address' SHA-256, which two of a million addresses
  /// share with a probability of one third, and two of a thousand with one of two million.
  public static MacAddress of(InetAddress address) {
    byte[] octets = address.getAddress();
    return switch (address) {
      case Inet4Address _ -> new MacAddress(PREFIX4 | number(octets, octets.length));
      case Inet6Address _ -> new MacAddress(PREFIX6 | number(sha256(octets), 5));
      default -> throw new IllegalArgumentException("neither IPv4 nor IPv6: " + address);
    };
  }

  /// Whether a MAC has the form of those of IPv4 addresses.
  public static boolean mayBeOfV4(MacAddress mac) {
    return mac.value() >>> 32 == PREFIX4 >>> 32;
  }

  private static byte[] sha256(byte[] octets) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(octets);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// The first octets as one number, the most significant first.
  private static long number(byte[] octets, int count) {
    long number = 0;
    for (int i = 0; i < count; i++) {
      number = number << 8 | (octets[i] & 0xff);
    }
    return number;
  }
}
