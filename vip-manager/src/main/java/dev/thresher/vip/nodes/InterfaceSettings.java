package dev.thresher.vip.nodes;

import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.Link;

/// Which interfaces of this node are used.
///
/// @param used on which addresses may be held; none named: they are found by address
/// @param ignored devices of others
/// @param source name of the `NodeNetworkSetting`; empty: environment and flags
public record InterfaceSettings(InterfaceNames used, InterfaceNames ignored, String source) {

  /// What container networks, service proxies and the host's VXLAN endpoints make.
  public static final InterfaceNames CONTAINER_DEVICES =
      InterfaceNames.parse(
          "lo,veth*,cali*,cilium*,lxc*,flannel*,cni*,docker*,virbr*,tunl*,vxlan*,weave*,ovn*,"
              + "genev*,kube-*,nodelocaldns,tap*,vnet*,harvester-vtep*");

  /// What the program was started with.
  public static InterfaceSettings started(InterfaceNames used) {
    return new InterfaceSettings(used, CONTAINER_DEVICES, "");
  }

  /// True for a device of others. One that is named for use is none, though a pattern of `ignored`
  /// may match it.
  public boolean ignores(Link link) {
    return ignored.matches(link.name()) && !used.names(link.name());
  }
}
