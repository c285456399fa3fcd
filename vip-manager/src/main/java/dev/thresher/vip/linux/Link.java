package dev.thresher.vip.linux;

import dev.thresher.vip.packet.MacAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A network interface, as rtnetlink's RTM_NEWLINK says.
///
/// @param index the kernel's interface index; never reused while the namespace lives
/// @param name at most 15 bytes
/// @param mac null where the link layer has no 48-bit address (TUN, IPoIB)
/// @param ethernet whether frames are Ethernet (ARPHRD_ETHER), the only kind announced on
/// @param up whether the administrator switched it on (IFF_UP)
/// @param carrier whether the lower layer can carry frames (IFF_LOWER_UP)
/// @param mtu octets
/// @param master index of the bridge, bond or VRF it is a port of; 0 if none
/// @param kind the driver's kind such as `bridge`, `vlan`, `veth`; empty for plain NICs
/// @param promiscuous whether it takes frames for any MAC, as a bridge's ports do
/// @param vlans what it has to do with VLANs
public record Link(
    int index,
    String name,
    @Nullable MacAddress mac,
    boolean ethernet,
    boolean up,
    boolean carrier,
    int mtu,
    int master,
    String kind,
    boolean promiscuous,
    Vlans vlans) {

  /// One that is neither promiscuous nor has to do with VLANs.
  public Link(
      int index,
      String name,
      @Nullable MacAddress mac,
      boolean ethernet,
      boolean up,
      boolean carrier,
      int mtu,
      int master,
      String kind) {
    this(index, name, mac, ethernet, up, carrier, mtu, master, kind, false, Vlans.NONE);
  }

  /// The same with the VLANs that a bridge lets through it.
  Link withVlanIds(List<Vlans.Range> ids) {
    return new Link(
        index,
        name,
        mac,
        ethernet,
        up,
        carrier,
        mtu,
        master,
        kind,
        promiscuous,
        new Vlans(vlans.filtering(), ids));
  }

  /// True if frames can be sent and received now.
  public boolean running() {
    return up && carrier;
  }
}
