package dev.thresher.vip.election;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import java.net.UnknownHostException;

/// An interface's address together with the length of its subnet.
///
/// @param address the interface's own address
/// @param length bits, 0 to 32 or 128
public record Prefix(InetAddress address, int length) {

  public Prefix {
    if (length < 0 || length > address.getAddress().length * 8) {
      throw new IllegalArgumentException(
          "prefix length of "
              + address.getHostAddress()
              + " must be 0 to "
              + address.getAddress().length * 8
              + ", found "
              + length);
    }
  }

  /// Reads `address/length`.
  ///
  /// @throws IllegalArgumentException for anything else
  public static Prefix parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("want address/length, found \"" + text + "\"");
    }
    try {
      return new Prefix(
          InetAddresses.forString(text.substring(0, slash)),
          Integer.parseInt(text.substring(slash + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("want address/length, found \"" + text + "\"", e);
    }
  }

  /// The subnet without the interface's part, for naming it: `192.0.2.0/24`.
  public String network() {
    byte[] bytes = address.getAddress();
    for (int bit = length; bit < bytes.length * 8; bit++) {
      bytes[bit / 8] &= (byte) ~(1 << (7 - bit % 8));
    }
    try {
      return InetAddresses.toAddrString(InetAddress.getByAddress(bytes)) + "/" + length;
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /// True if the length covers the whole address, so that it says nothing about neighbours.
  public boolean isHost() {
    return length == address.getAddress().length * 8;
  }

  /// True if the other address lies in this subnet.
  public boolean covers(InetAddress other) {
    byte[] a = address.getAddress();
    byte[] b = other.getAddress();
    if (a.length != b.length) {
      return false;
    }
    for (int bit = 0; bit < length; bit += 8) {
      int mask = (0xff << Math.max(0, 8 - (length - bit))) & 0xff;
      if (((a[bit / 8] ^ b[bit / 8]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  /// True for the lowest address of the subnet: the network itself (IPv4), the routers' anycast
  /// address (RFC 4291 2.6.1). Not in subnets of two addresses or one (RFC 3021, RFC 6164).
  public boolean isLowest(InetAddress other) {
    return covers(other) && hasPlace() && hostBitsAre(other, 0);
  }

  /// True for the broadcast address of an IPv4 subnet.
  public boolean isBroadcast(InetAddress other) {
    return other.getAddress().length == 4 && covers(other) && hasPlace() && hostBitsAre(other, 1);
  }

  private boolean hasPlace() {
    return address.getAddress().length * 8 - length >= 2;
  }

  private boolean hostBitsAre(InetAddress other, int value) {
    byte[] bytes = other.getAddress();
    for (int bit = length; bit < bytes.length * 8; bit++) {
      if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != value) {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return InetAddresses.toAddrString(address) + "/" + length;
  }
}
