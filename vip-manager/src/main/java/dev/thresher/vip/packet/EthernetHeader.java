package dev.thresher.vip.packet;

/// The first 14 octets of an Ethernet II frame. VLAN tags are the kernel's business: packet sockets
/// deliver frames without them.
///
/// @param type the EtherType of the payload
public record EthernetHeader(MacAddress destination, MacAddress source, int type) {
  /// Octets.
  public static final int LENGTH = 14;

  /// EtherType of IPv4.
  public static final int IPV4 = 0x0800;

  /// EtherType of ARP.
  public static final int ARP = 0x0806;

  /// EtherType of IPv6.
  public static final int IPV6 = 0x86dd;

  static EthernetHeader read(byte[] frame) {
    return new EthernetHeader(
        MacAddress.read(frame, 0), MacAddress.read(frame, 6), Octets.u16(frame, 12));
  }

  void write(byte[] frame) {
    destination.write(frame, 0);
    source.write(frame, 6);
    Octets.put16(frame, 12, type);
  }
}
