package dev.thresher.vip.l2;

import dev.thresher.vip.linux.NetlinkSocket;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.nftables.AddressSet;
import dev.thresher.vip.nftables.Batch;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The gate as nftables tables of ours; see [GateRules] for what they say.
///
/// The tables belong to the netlink socket that made them, where the kernel knows such ownership
/// (Linux 5.12): they vanish with the process, however it dies, and nobody else can flush them.
public final class NftablesGate implements AddressGate {
  private static final Logger LOG = LoggerFactory.getLogger(NftablesGate.class);

  private final Set<InetAddress> open = new HashSet<>();
  private @Nullable NetlinkSocket socket;

  @Override
  public synchronized void install() {
    if (socket != null) {
      throw new IllegalStateException("the nftables gate is installed already");
    }
    NetlinkSocket opened = NetlinkSocket.open(NetlinkSocket.Protocol.NETFILTER, 0).orThrow();
    SystemResult<Integer> result = SystemResult.failed("nftables", 0);
    GateRules.Abilities used = GateRules.Abilities.DESCENDING.getFirst();
    for (GateRules.Abilities abilities : GateRules.Abilities.DESCENDING) {
      used = abilities;
      result = opened.transact(GateRules.install(abilities).messages());
      if (!(result instanceof SystemResult.Failed<Integer> failed
          && (failed.errno().isUnsupported() || failed.errno().isAbsent()))) {
        break;
      }
    }
    switch (result) {
      case SystemResult.Ok<Integer> _ -> {
        socket = opened;
        LOG.atInfo()
            .addKeyValue("table", GateRules.TABLE)
            .addKeyValue("diesWithProcess", used.owned())
            .addKeyValue("rejectsBeforeRouting", used.early())
            .log("nftables gate installed");
      }
      case SystemResult.Failed<Integer> failed -> {
        opened.close();
        throw new IllegalStateException(
            failed.errno().isNotPermitted()
                ? "nftables refused table "
                    + GateRules.TABLE
                    + ": either CAP_NET_ADMIN is missing, or another vip-manager runs on this node"
                    + " and owns the table; "
                    + failed
                : "nftables refused table " + GateRules.TABLE + ": " + failed);
      }
    }
  }

  @Override
  public synchronized void open(Set<InetAddress> addresses) {
    Set<InetAddress> added = new HashSet<>(addresses);
    added.removeAll(open);
    if (!added.isEmpty()) {
      Batch batch = new Batch();
      for (GateRules.Place place : GateRules.PLACES) {
        batch.elements(
            place.family(), GateRules.TABLE, place.set(), ofKind(added, place.set().kind()));
      }
      apply(batch, "open the nftables gate for " + added);
      open.addAll(added);
    }
  }

  @Override
  public synchronized void close(Set<InetAddress> addresses) {
    Set<InetAddress> removed = new HashSet<>(addresses);
    removed.retainAll(open);
    if (!removed.isEmpty()) {
      Batch batch = new Batch();
      for (GateRules.Place place : GateRules.PLACES) {
        batch.deleteElements(
            place.family(), GateRules.TABLE, place.set(), ofKind(removed, place.set().kind()));
      }
      apply(batch, "close the nftables gate for " + removed);
      open.removeAll(removed);
    }
  }

  @Override
  public synchronized void remove() {
    NetlinkSocket closing = socket;
    if (closing == null) {
      return;
    }
    socket = null;
    open.clear();
    SystemResult<Integer> result = closing.transact(GateRules.remove().messages());
    closing.close();
    if (result instanceof SystemResult.Failed<Integer> failed && !failed.errno().isAbsent()) {
      throw new IllegalStateException(
          "nftables refused to remove table " + GateRules.TABLE + ": " + failed);
    }
  }

  private void apply(Batch batch, String what) {
    NetlinkSocket using = socket;
    if (using == null) {
      throw new IllegalStateException("the nftables gate is not installed");
    }
    if (using.transact(batch.messages()) instanceof SystemResult.Failed<Integer> failed) {
      throw new IllegalStateException("nftables refused to " + what + ": " + failed);
    }
  }

  private static List<InetAddress> ofKind(Set<InetAddress> addresses, AddressSet.Kind kind) {
    return addresses.stream()
        .filter(address -> address instanceof Inet4Address == (kind == AddressSet.Kind.IPV4))
        .toList();
  }
}
