package dev.thresher.vip.nftables;

/// A named set of addresses of one family.
public record AddressSet(String name, Kind kind) {

  /// The type of a set's elements.
  public enum Kind {
    /// IPv4.
    IPV4(7, 4),
    /// IPv6.
    IPV6(8, 16);

    private final int type;
    private final int length;

    Kind(int type, int length) {
      this.type = type;
      this.length = length;
    }

    /// The number by which `nft` knows the type, so that it can list the set.
    int type() {
      return type;
    }

    int length() {
      return length;
    }
  }
}
