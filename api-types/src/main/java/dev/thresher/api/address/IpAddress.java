package dev.thresher.api.address;

import inet.ipaddr.IPAddress;
import inet.ipaddr.ipv4.IPv4Address;
import inet.ipaddr.ipv6.IPv6Address;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.Optional;

/// One address of either family.
///
/// Two addresses are equal if their bits are. An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`)
/// is the IPv4 address. Addresses have no zone: a link-local address of one interface is not a
/// value that two machines could agree on.
///
/// @param value the address in the library that does the arithmetic; a single address without
///   prefix length or zone
public record IpAddress(IPAddress value) implements Comparable<IpAddress> {

  private static final Comparator<IpAddress> ORDER =
      Comparator.comparing(IpAddress::family).thenComparing(address -> address.value.getValue());

  public IpAddress {
    if (value.isMultiple() || value.isPrefixed()) {
      throw new IllegalArgumentException("want one address, got \"" + value + "\"");
    }
    if (value.isIPv6()) {
      IPv6Address v6 = value.toIPv6();
      if (v6.hasZone()) {
        throw new IllegalArgumentException("want an address without a zone, got \"" + v6 + "\"");
      }
      if (v6.isIPv4Mapped()) {
        value = v6.getEmbeddedIPv4Address();
      }
    }
  }

  /// The address of a socket or an interface; a zone is dropped.
  public static IpAddress of(InetAddress address) {
    return of(address.getAddress());
  }

  /// The address of 4 or 16 bytes in network order.
  public static IpAddress of(byte[] bytes) {
    return new IpAddress(bytes.length == 4 ? new IPv4Address(bytes) : new IPv6Address(bytes));
  }

  /// Reads an address without asking DNS.
  ///
  /// Strict, as the API server and Go are: four decimal numbers without leading zeros for IPv4; no
  /// brackets, zone, port or prefix.
  ///
  /// @throws IllegalArgumentException if the text is anything else
  public static IpAddress parse(String text) {
    return tryParse(text)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "want an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1, got \""
                    + text
                    + "\""));
  }

  /// As [#parse]; empty if the text is no address.
  public static Optional<IpAddress> tryParse(String text) {
    if (text.isEmpty() || text.indexOf('[') >= 0 || text.indexOf('%') >= 0) {
      return Optional.empty();
    }
    InetAddress literal;
    try {
      literal = InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    // The JDK also reads "10.1" and "010.0.0.1"; others read those as other addresses.
    boolean dotted = literal instanceof Inet4Address && text.indexOf(':') < 0;
    return dotted && !literal.getHostAddress().equals(text)
        ? Optional.empty()
        : Optional.of(of(literal));
  }

  public IpFamily family() {
    return value.isIPv4() ? IpFamily.IPV4 : IpFamily.IPV6;
  }

  /// The address for sockets.
  public InetAddress inet() {
    return value.toInetAddress();
  }

  /// 4 or 16 bytes in network order.
  public byte[] bytes() {
    return value.getBytes();
  }

  /// `0.0.0.0` or `::`, which in some fields asks for DHCP.
  public boolean isUnspecified() {
    return value.isAnyLocal();
  }

  public boolean isLoopback() {
    return value.isLoopback();
  }

  public boolean isLinkLocal() {
    return value.isLinkLocal();
  }

  public boolean isMulticast() {
    return value.isMulticast();
  }

  /// `255.255.255.255`.
  public boolean isBroadcast() {
    return value.isIPv4() && value.isMax();
  }

  /// Whether others may reach a machine at such an address: none of those that mean the machine
  /// itself, a link, a group, everybody or nobody.
  public boolean isReachable() {
    return !isLoopback() && !isLinkLocal() && !isMulticast() && !isUnspecified() && !isBroadcast();
  }

  /// The next higher address; empty after the last of the family.
  public Optional<IpAddress> next() {
    return value.isMax() ? Optional.empty() : Optional.of(plus(BigInteger.ONE));
  }

  /// The next lower address; empty before the first of the family.
  public Optional<IpAddress> previous() {
    return value.isZero() ? Optional.empty() : Optional.of(plus(BigInteger.ONE.negate()));
  }

  /// The address that lies so many further.
  ///
  /// @throws inet.ipaddr.AddressValueException if there is none in the family
  public IpAddress plus(BigInteger offset) {
    return new IpAddress(value.increment(offset));
  }

  /// Distance from `other`, positive if this address is the higher one.
  public BigInteger minus(IpAddress other) {
    requireSameFamily(other);
    return value.getValue().subtract(other.value.getValue());
  }

  void requireSameFamily(IpAddress other) {
    if (family() != other.family()) {
      throw new IllegalArgumentException(
          "want addresses of one family, got " + this + " and " + other);
    }
  }

  /// All IPv4 addresses before all IPv6 ones, each in numerical order.
  @Override
  public int compareTo(IpAddress other) {
    return ORDER.compare(this, other);
  }

  /// The canonical text: dotted decimal, or RFC 5952.
  @Override
  public String toString() {
    return value.toCanonicalString();
  }
}
