package dev.thresher.vip.services;

import dev.thresher.api.names.KubeVipNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Annotations of kube-vip that mean something which is not there yet.
final class UnsupportedAnnotations {

  private enum Effect {
    /// Holding the address without it would do something else than asked.
    REFUSE,
    /// The address is held, the rest is reported.
    REPORT
  }

  private record Entry(Effect effect, String problem, String fix) {}

  private static final String NOT_YET = "is not supported by this vip-manager yet";

  private static final Map<String, Entry> ENTRIES =
      Map.ofEntries(
          Map.entry(
              KubeVipNames.SERVICE_VLAN,
              new Entry(
                  Effect.REFUSE,
                  NOT_YET,
                  "Make the VLAN interface on the nodes and name it by "
                      + KubeVipNames.SERVICE_INTERFACE)),
          Map.entry(
              KubeVipNames.EGRESS,
              new Entry(Effect.REFUSE, NOT_YET, "Use the network plug-in's egress gateway")),
          Map.entry(
              KubeVipNames.HW_ADDR,
              new Entry(
                  Effect.REPORT,
                  "names the MAC by which kube-vip asks for an address by DHCP, which is not"
                      + " supported",
                  "Remove it; vip_virtual_mac gives every address a MAC of its own")),
          Map.entry(
              KubeVipNames.LOAD_BALANCER_HOSTNAME,
              new Entry(
                  Effect.REPORT,
                  "is the host name that kube-vip tells a DHCP server, which is not supported; a"
                      + " status shows addresses and no name, as kube-vip's does",
                  "Remove it; external-dns gives names to addresses")),
          Map.entry(KubeVipNames.REQUESTED_IP, new Entry(Effect.REPORT, NOT_YET, "Remove it")),
          Map.entry(KubeVipNames.DHCP_BROADCAST, new Entry(Effect.REPORT, NOT_YET, "Remove it")),
          Map.entry(KubeVipNames.MACVLAN_NAME, new Entry(Effect.REPORT, NOT_YET, "Remove it")),
          Map.entry(KubeVipNames.DDNS, new Entry(Effect.REPORT, NOT_YET, "Remove it")),
          Map.entry(
              KubeVipNames.FORCE_PER_SERVICE_ELECTION,
              new Entry(
                  Effect.REPORT,
                  "counts with profile compatible only: each address has its own holder",
                  "Remove it")),
          Map.entry(KubeVipNames.FLUSH_CONNTRACK, new Entry(Effect.REPORT, NOT_YET, "Remove it")),
          Map.entry(
              KubeVipNames.RP_FILTER,
              new Entry(
                  Effect.REPORT,
                  "is not supported: settings of the nodes are not changed",
                  "Set net.ipv4.conf.INTERFACE.rp_filter on the nodes; a strict one is reported"
                      + " where it drops requests")),
          Map.entry(
              KubeVipNames.FORWARD_UPNP,
              new Entry(Effect.REPORT, "is not supported", "Forward the port on the router")));

  private UnsupportedAnnotations() {}

  /// What becomes of one of them, in markdown.
  static String described(String name) {
    Entry entry = ENTRIES.get(name);
    if (entry == null) {
      throw new IllegalArgumentException(name + " is none of these annotations");
    }
    String what =
        switch (entry.effect()) {
          case REFUSE -> "**refused**, the address is not held";
          case REPORT -> "reported, the address is held";
        };
    return what + ": " + entry.problem() + ". " + entry.fix();
  }

  record Found(boolean refused, List<Refusal> refusals) {}

  static Found in(Map<String, String> annotations) {
    boolean refused = false;
    List<Refusal> refusals = new ArrayList<>();
    for (String name : annotations.keySet().stream().sorted().toList()) {
      Entry entry = ENTRIES.get(name);
      String value = annotations.get(name);
      if (entry == null || value == null || value.isEmpty() || value.equals("false")) {
        continue;
      }
      refused |= entry.effect() == Effect.REFUSE;
      refusals.add(
          new Refusal("metadata.annotations[" + name + "]", value, entry.problem(), entry.fix()));
    }
    return new Found(refused, refusals);
  }
}
