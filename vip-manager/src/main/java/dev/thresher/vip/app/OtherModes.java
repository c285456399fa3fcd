package dev.thresher.vip.app;

import dev.thresher.vip.app.Setting.Group;
import dev.thresher.vip.app.Setting.Kind;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import java.util.ArrayList;
import java.util.List;

/// The settings of what this program does not do: a part of the table of [Settings]. What switches
/// such a thing on is refused by name; what only shapes it is accepted, because generated manifests
/// are full of it.
final class OtherModes {

  private static final String NO_BGP = "BGP is not there yet: keep kube-vip or MetalLB for it";
  private static final String NO_TABLE =
      "the routing-table mode is not there yet: keep kube-vip for it";
  private static final String NO_DHCP =
      "addresses from DHCP are not there yet: have them allocated from a pool";
  private static final String NO_EGRESS =
      "egress is not there yet: use the egress gateway of the network plug-in";
  private static final String ONLY_EGRESS = "concerns egress only";

  private static final String ONLY_DHCP = "concerns DHCP only";

  /// Stands in manifests beside a written address. DHCP itself is asked for by an address or by
  /// `vip_ddns`.
  static final Setting DHCP_MODE =
      Setting.accepted("dhcp_mode", "", Kind.TEXT, "", Group.DHCP, ONLY_DHCP);

  static final List<Setting> ALL = all();

  private OtherModes() {}

  /// What is accepted must be right all the same.
  ///
  /// @throws WrongUsageException if kube-vip has no such value
  static void check(SettingValues values) {
    String mode = values.text(DHCP_MODE);
    if (!List.of("", "ipv4", "ipv6", "dual").contains(mode)) {
      throw new WrongUsageException(
          "dhcp_mode must be ipv4, ipv6 or dual, found \""
              + mode
              + "\": it concerns DHCP only, so it can be left out");
    }
  }

  private static List<Setting> all() {
    List<Setting> all = new ArrayList<>();
    bgp(all);
    routingTable(all);
    Group dhcp = Group.DHCP;
    all.add(Setting.refused("vip_ddns", "ddns", Kind.BOOL, "false", dhcp, NO_DHCP));
    all.add(DHCP_MODE);
    all.add(Setting.accepted("dhcp_backoff_attempts", "", Kind.NUMBER, "3", dhcp, ONLY_DHCP));
    Group egress = Group.EGRESS;
    all.add(Setting.accepted("egress_podcidr", "", Kind.TEXT, "", egress, ONLY_EGRESS));
    all.add(Setting.accepted("egress_servicecidr", "", Kind.TEXT, "", egress, ONLY_EGRESS));
    all.add(Setting.accepted("egress_withnftables", "", Kind.BOOL, "true", egress, ONLY_EGRESS));
    all.add(
        Setting.refused("egress_enableinternalsnat", "", Kind.BOOL, "false", egress, NO_EGRESS));
    all.add(Setting.refused("egress_clean", "", Kind.BOOL, "false", egress, NO_EGRESS));
    other(all);
    return List.copyOf(all);
  }

  private static void bgp(List<Setting> all) {
    Group group = Group.BGP;
    all.add(Setting.refused("bgp_enable", "bgp", Kind.BOOL, "false", group, NO_BGP));
    all.add(Setting.refused("zebra_enable", "zebra", Kind.BOOL, "false", group, NO_BGP));
    String[][] shaping = {
      {"bgp_attach_ip_to_interface", ""},
      {"bgp_routerid", "bgpRouterID"},
      {"bgp_routerinterface", ""},
      {"bgp_as", "localAS"},
      {"bgp_peeraddress", "peerAddress"},
      {"bgp_peeras", "peerAS"},
      {"bgp_peerpass", "peerPass"},
      {"bgp_multihop", "multihop"},
      {"bgp_peers", "bgppeers"},
      {"bgp_sourceif", "sourceIF"},
      {"bgp_sourceip", "sourceIP"},
      {"bgp_hold_time", "bgpHoldTimer"},
      {"bgp_keepalive_interval", "bgpKeepAliveInterval"},
      {"mpbgp_nexthop", ""},
      {"mpbgp_ipv4", ""},
      {"mpbgp_ipv6", ""},
      {"zebra_url", "zebraUrl"},
      {"zebra_version", "zebraVersion"},
      {"zebra_software_name", "zebraSoftwareName"},
      {"annotation", "annotations"},
    };
    for (String[] names : shaping) {
      // A Boolean flag may stand without a value.
      Kind kind = names[1].equals("multihop") ? Kind.BOOL : Kind.TEXT;
      String fallback = kind == Kind.BOOL ? "false" : "";
      all.add(Setting.accepted(names[0], names[1], kind, fallback, group, "concerns BGP only"));
    }
  }

  private static void routingTable(List<Setting> all) {
    Group group = Group.ROUTING_TABLE;
    String only = "concerns the routing-table mode only";
    all.add(Setting.refused("vip_routingtable", "table", Kind.BOOL, "false", group, NO_TABLE));
    all.add(Setting.accepted("vip_routingtableid", "tableID", Kind.NUMBER, "198", group, only));
    all.add(Setting.accepted("vip_routingtabletype", "tableType", Kind.NUMBER, "1", group, only));
    all.add(
        Setting.accepted(
            "vip_routingprotocol", "routingProtocol", Kind.NUMBER, "248", group, only));
    all.add(
        Setting.accepted(
            "vip_cleanroutingtable", "cleanRoutingTable", Kind.BOOL, "false", group, only));
  }

  private static void other(List<Setting> all) {
    Group group = Group.OTHER;
    all.add(
        Setting.refused(
            "vip_wireguard",
            "wireguard",
            Kind.BOOL,
            "false",
            group,
            "WireGuard is not supported: use the network plug-in's encryption"));
    all.add(
        Setting.refused(
            "enable_upnp",
            "",
            Kind.BOOL,
            "false",
            group,
            "UPnP is not supported: forward the port on the router"));
    all.add(
        Setting.accepted(
            "",
            "taint",
            Kind.BOOL,
            "false",
            group,
            "a flag of manifest daemonset: run on nodes of the control plane only"));
    all.add(
        Setting.accepted(
            "", "image", Kind.TEXT, "", group, "a flag of manifest: the container's image"));
    removed(all);
  }

  /// What kube-vip itself no longer reads; old manifests still have it.
  private static void removed(List<Setting> all) {
    String packet = "kube-vip removed it: use BGP with the provider's peers";
    all.add(Setting.refused("vip_packet", "", Kind.BOOL, "false", Group.OTHER, packet));
    all.add(Setting.accepted("vip_packetproject", "", Kind.TEXT, "", Group.OTHER, packet));
    String raft = "of kube-vip's time with Raft: the nodes find each other by themselves";
    for (String name :
        List.of("vip_peers", "vip_localpeer", "vip_remotepeers", "vip_addpeerstolb")) {
      all.add(Setting.accepted(name, "", Kind.TEXT, "", Group.OTHER, raft));
    }
    String balancer = "kube-vip removed it: lb_enable and lb_port are all there is";
    for (String name :
        List.of("lb_name", "lb_type", "lb_bindtovip", "lb_backendport", "lb_backends")) {
      all.add(Setting.accepted(name, "", Kind.TEXT, "", Group.BALANCING, balancer));
    }
  }
}
