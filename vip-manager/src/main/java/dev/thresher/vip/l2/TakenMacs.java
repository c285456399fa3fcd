package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.NetlinkSocket;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.VirtualMac;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The virtual MACs of which the kernel knows, where that is wanted and possible; see
/// [VirtualMacRules]. Says what the transactions of [NftablesGate], under whose lock this is, need
/// besides.
final class TakenMacs {
  private static final Logger LOG = LoggerFactory.getLogger(TakenMacs.class);
  private static final int LOOPBACK = 1;

  /// @param interfaceIndex by which frames for it come in
  private record Taken(int interfaceIndex, MacAddress mac) {}

  private final boolean wanted;
  private final Map<InetAddress, Taken> taken = new HashMap<>();
  private boolean there;

  /// @param wanted whether addresses are to have MACs of their own
  TakenMacs(boolean wanted) {
    this.wanted = wanted;
  }

  /// Whether frames for them are taken.
  boolean there() {
    return there;
  }

  /// Makes what is needed beside the slots, if that is wanted; the loopback is where it is tried.
  ///
  /// @param leased whether frames are taken under a lease only
  /// @param slots whether the kernel ends slots by itself
  /// @param owned whether a table is to vanish with the socket
  /// @throws IllegalStateException if they were taken before and cannot be any more
  void build(NetlinkSocket to, boolean leased, boolean slots, boolean owned) {
    if (!wanted) {
      return;
    }
    boolean before = there;
    there = !leased || slots;
    String reason = "leases do not end in the kernel";
    if (there) {
      for (Batch batch :
          List.of(
              leased ? VirtualMacRules.installLeased() : VirtualMacRules.installWithoutLease(owned),
              VirtualMacRules.guard("lo", LOOPBACK),
              VirtualMacRules.unguardChains(LOOPBACK),
              VirtualMacRules.unguardSets(LOOPBACK))) {
        if (to.transact(batch.messages()) instanceof SystemResult.Failed<Integer> failed) {
          there = false;
          reason = failed.toString();
          break;
        }
      }
    }
    if (!there && before) {
      throw new IllegalStateException(
          "frames for virtual MACs cannot be taken any more: " + reason);
    }
    if (!there) {
      if (!leased) {
        // What was made of it does no harm.
        SystemResult<Integer> _ = to.transact(VirtualMacRules.remove().messages());
      }
      LOG.atWarn()
          .addKeyValue("reason", reason)
          .addKeyValue(
              "wanted",
              "nftables ingress and egress hooks, Linux 5.16 with CONFIG_NETFILTER_INGRESS and"
                  + " CONFIG_NETFILTER_EGRESS")
          .log(
              "vip_virtual_mac is without effect: addresses are answered with the MAC of the"
                  + " interface");
    }
  }

  /// Adds to a transaction that opens the gate for addresses.
  void adding(Batch batch, Map<InetAddress, Link> added) {
    if (there) {
      take(batch, of(added));
    }
  }

  /// [#adding] was done.
  void added(Map<InetAddress, Link> added) {
    if (there) {
      taken.putAll(of(added));
    }
  }

  /// Adds to a transaction that closes the gate for addresses.
  void removing(Batch batch, Set<InetAddress> removed) {
    if (!there) {
      return;
    }
    Map<Integer, Set<InetAddress>> leaving = new HashMap<>();
    Set<Taken> staying = new HashSet<>();
    taken.forEach((address, mac) -> {
      if (removed.contains(address)) {
        leaving.computeIfAbsent(mac.interfaceIndex, _ -> new HashSet<>()).add(address);
      } else {
        staying.add(mac);
      }
    });
    leaving.forEach((index, addresses) -> {
      // Two addresses of IPv6 may have the same.
      Set<MacAddress> macs = new HashSet<>();
      for (InetAddress address : addresses) {
        Taken mac = taken.get(address);
        if (mac != null && !staying.contains(mac)) {
          macs.add(mac.mac);
        }
      }
      VirtualMacRules.leave(batch, index, addresses, macs);
    });
  }

  /// [#removing] was done.
  void removed(Set<InetAddress> removed) {
    taken.keySet().removeAll(removed);
  }

  /// All of them, in a table made anew whose interfaces are guarded; empty if there are none.
  Batch all() {
    Batch batch = new Batch();
    take(batch, taken);
    return batch;
  }

  /// Nothing of it is there any more.
  void without() {
    there = false;
    taken.clear();
  }

  private static Map<InetAddress, Taken> of(Map<InetAddress, Link> addresses) {
    Map<InetAddress, Taken> all = new HashMap<>();
    addresses.forEach(
        (address, link) -> all.put(address, new Taken(link.index(), VirtualMac.of(address))));
    return all;
  }

  private static void take(Batch batch, Map<InetAddress, Taken> added) {
    Map<Integer, Map<InetAddress, MacAddress>> byInterface = new HashMap<>();
    added.forEach((address, mac) ->
        byInterface
            .computeIfAbsent(mac.interfaceIndex, _ -> new HashMap<>())
            .put(address, mac.mac));
    byInterface.forEach((index, macs) -> VirtualMacRules.take(batch, index, macs));
  }
}
