package dev.thresher.api.address;

import inet.ipaddr.IPAddress;
import java.util.Optional;

/// A subnet: a network address and the length of its prefix.
///
/// @param network the lowest address; host bits that are given are cleared
/// @param prefixLength 0 to 32 for IPv4, 0 to 128 for IPv6
public record IpSubnet(IpAddress network, int prefixLength) {

  public IpSubnet {
    if (prefixLength < 0 || prefixLength > network.family().bits()) {
      throw new IllegalArgumentException(
          "want a prefix length of 0 to "
              + network.family().bits()
              + " for "
              + network.family()
              + ", got "
              + prefixLength);
    }
    network = new IpAddress(block(network, prefixLength).getLower().withoutPrefixLength());
  }

  /// Reads `address/length`; the address may have host bits.
  ///
  /// @throws IllegalArgumentException if the text is anything else
  public static IpSubnet parse(String text) {
    return tryParse(text)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "want a subnet such as 192.0.2.0/24 or 2001:db8::/64, got \"" + text + "\""));
  }

  /// As [#parse]; empty if the text is no subnet.
  public static Optional<IpSubnet> tryParse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      return Optional.empty();
    }
    String length = text.substring(slash + 1);
    if (!length.matches("0|[1-9][0-9]{0,2}")) {
      return Optional.empty();
    }
    int bits = Integer.parseInt(length);
    return IpAddress.tryParse(text.substring(0, slash))
        .filter(address -> bits <= address.family().bits())
        .map(address -> new IpSubnet(address, bits));
  }

  public IpFamily family() {
    return network.family();
  }

  /// The highest address: IPv4's broadcast address, if the subnet has one.
  public IpAddress last() {
    return new IpAddress(block(network, prefixLength).getUpper().withoutPrefixLength());
  }

  /// All addresses, the first and the last included.
  public IpRange all() {
    return new IpRange(network, last());
  }

  /// The addresses that a host may have: not the network address (for IPv6: the subnet-router
  /// anycast address, RFC 4291 section 2.6.1), and for IPv4 not the broadcast address. With one or
  /// two addresses, all of them (RFC 3021, RFC 6164).
  public IpRange usable() {
    if (family().bits() - prefixLength <= 1) {
      return all();
    }
    IpAddress first = network.next().orElseThrow();
    return new IpRange(first, family() == IpFamily.IPV4 ? last().previous().orElseThrow() : last());
  }

  /// The mask as an address: `255.255.255.0` for a length of 24.
  public IpAddress mask() {
    return new IpAddress(network.value().getNetwork().getNetworkMask(prefixLength, false));
  }

  public boolean contains(IpAddress address) {
    return family() == address.family() && block(network, prefixLength).contains(address.value());
  }

  /// `network/length`, canonical.
  @Override
  public String toString() {
    return network + "/" + prefixLength;
  }

  private static IPAddress block(IpAddress address, int prefixLength) {
    return address.value().toPrefixBlock(prefixLength);
  }
}
