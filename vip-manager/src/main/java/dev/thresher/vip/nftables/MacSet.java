package dev.thresher.vip.nftables;

/// A named set of MAC addresses.
public record MacSet(String name) {
  /// The number by which `nft` knows MAC addresses, so that it can list the set.
  static final int TYPE = 9;

  static final int LENGTH = 6;
}
