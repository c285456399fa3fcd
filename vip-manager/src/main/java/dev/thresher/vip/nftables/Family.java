package dev.thresher.vip.nftables;

/// The address family of a table: what passes its hooks.
public enum Family {
  /// IPv4 and IPv6.
  INET(1),
  /// ARP that the kernel itself receives and sends.
  ARP(3),
  /// Every frame of a network device, whoever sent it.
  NETDEV(5);

  private final int number;

  Family(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
