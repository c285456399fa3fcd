package dev.thresher.vip.services;

import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.OwnershipNames;
import java.util.ArrayList;
import java.util.List;

/// Every annotation for Services, kube-vip's and our own, and what becomes of it: the table of the
/// reference page. What is not acted on is in [UnsupportedAnnotations].
public final class KnownAnnotations {

  /// @param effect for people, in markdown
  public record Row(String name, String effect) {}

  private static final String WITH_EGRESS = "concerns `" + KubeVipNames.EGRESS + "` only";

  private KnownAnnotations() {}

  /// In the order of kube-vip's documentation: addresses, how they are held, egress, state. Ours
  /// last.
  public static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    add(
        rows,
        KubeVipNames.LOAD_BALANCER_IPS,
        "acted on: addresses of both families, comma separated; goes before the status and"
            + " `spec.loadBalancerIP`. `0.0.0.0` and `::` (DHCP) are refused by name, the others of"
            + " the list are held");
    unsupported(
        rows,
        KubeVipNames.LOAD_BALANCER_HOSTNAME,
        KubeVipNames.REQUESTED_IP,
        KubeVipNames.HW_ADDR,
        KubeVipNames.DHCP_BROADCAST,
        KubeVipNames.DDNS,
        KubeVipNames.MACVLAN_NAME);
    add(rows, KubeVipNames.IGNORE, "acted on: with `true` the Service is left alone");
    add(
        rows,
        KubeVipNames.SERVICE_INTERFACE,
        "acted on: the interface, names with `*`, or `auto`, looked for among all that are not"
            + " ignored, whatever `vip_interface` says; of Services that share an address the first"
            + " one that names an interface decides");
    unsupported(rows, KubeVipNames.SERVICE_VLAN);
    add(
        rows,
        KubeVipNames.LEASE_NAME,
        "acted on: with profile `full` Services of one namespace that name the same lease have one"
            + " holder, as those have that share an address: their addresses move together, to a node"
            + " that suits all of them, and one that no node suits keeps the others from being held;"
            + " of Services with `externalTrafficPolicy: Local` the node with endpoints of most"
            + " holds. A lease in another namespace is reported, and the Service has a holder of its"
            + " own. With profile `compatible` it names kube-vip's Lease, with `svc_election` or"
            + " `"
            + KubeVipNames.FORCE_PER_SERVICE_ELECTION
            + "`");
    unsupported(rows, KubeVipNames.FORCE_PER_SERVICE_ELECTION);
    add(
        rows,
        KubeVipNames.ALLOW_RECONCILE_WITHOUT_ENDPOINTS,
        "acted on: with `true` the addresses are held though there is no endpoint");
    add(
        rows,
        KubeVipNames.IGNORE_SERVICE_SECURITY,
        "no effect: what the node itself listens on is never reached at an address of a Service, with"
            + " or without `enable_service_security`; give the Service the ports that clients use");
    unsupported(
        rows, KubeVipNames.RP_FILTER, KubeVipNames.FLUSH_CONNTRACK, KubeVipNames.FORWARD_UPNP);
    add(
        rows,
        KubeVipNames.UPNP_LEASE_DURATION,
        "concerns `" + KubeVipNames.FORWARD_UPNP + "` only");
    unsupported(rows, KubeVipNames.EGRESS);
    for (String name :
        List.of(
            KubeVipNames.EGRESS_INTERNAL,
            KubeVipNames.EGRESS_IPV6,
            KubeVipNames.EGRESS_DESTINATION_PORTS,
            KubeVipNames.EGRESS_SOURCE_PORTS,
            KubeVipNames.EGRESS_ALLOWED_NETWORKS,
            KubeVipNames.EGRESS_DENIED_NETWORKS,
            KubeVipNames.EGRESS_NO_INTERNAL_TRAFFIC,
            KubeVipNames.EGRESS_DETECT_API_SERVER,
            KubeVipNames.EGRESS_NFTABLES_TABLE)) {
      add(rows, name, WITH_EGRESS);
    }
    add(rows, KubeVipNames.VIP_HOST, "written: the node that answers");
    add(rows, KubeVipNames.ACTIVE_ENDPOINT, "never written: it is for egress");
    add(rows, KubeVipNames.ACTIVE_ENDPOINT_IPV6, "never written: it is for egress");
    add(
        rows,
        OwnershipNames.PREFERRED_NODES,
        "of this program: names of nodes, comma separated; of nodes that suit as well as any the first"
            + " of these gets the addresses, however many it has. Who holds them keeps them until"
            + " `vip-manager rebalance` is asked there; of Services that share an address the first one"
            + " by namespace and name that prefers nodes decides. A list with a mistake is reported, the"
            + " address is held as if nothing was preferred; with profile compatible it has no effect"
            + " and is reported");
    return List.copyOf(rows);
  }

  private static void add(List<Row> rows, String name, String effect) {
    rows.add(new Row(name, effect));
  }

  private static void unsupported(List<Row> rows, String... names) {
    for (String name : names) {
      add(rows, name, UnsupportedAnnotations.described(name));
    }
  }
}
