package dev.thresher.vip.nftables;

/// A named map of addresses of one family to MAC addresses.
public record MacMap(String name, AddressSet.Kind kind) {}
