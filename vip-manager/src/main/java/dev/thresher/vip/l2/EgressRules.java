package dev.thresher.vip.l2;

import dev.thresher.vip.linux.PacketSocket;
import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.nftables.Chain;
import dev.thresher.vip.nftables.Expression.Accept;
import dev.thresher.vip.nftables.Expression.Count;
import dev.thresher.vip.nftables.Expression.Drop;
import dev.thresher.vip.nftables.Expression.GoTo;
import dev.thresher.vip.nftables.Expression.IsEqual;
import dev.thresher.vip.nftables.Expression.IsIn;
import dev.thresher.vip.nftables.Expression.LoadMeta;
import dev.thresher.vip.nftables.Expression.LoadValue;
import dev.thresher.vip.nftables.Expression.Meta;
import dev.thresher.vip.nftables.Expression.SetMeta;
import dev.thresher.vip.nftables.Expression.Translate;
import dev.thresher.vip.nftables.Family;
import dev.thresher.vip.nftables.NumberSet;

/// What may leave by an interface of this process's own frames, and of the kernel's questions under
/// a held address: all of them while the slot of the confirmed round runs, else none. Pure.
///
/// `confirmed` leads from the mark of our sockets to one round; `armed` has the rounds whose slot
/// runs, each ending by itself. A frame passes if what the first has is in the second: one look at
/// each, however many addresses there are, and a confirmed round is changed in one transaction, so
/// that at no moment there is none or two.
///
/// Frames are known by the mark and not by what is in them: on an interface of a VLAN whose tags
/// the device below does not insert, the kernel has not found the network header of a short frame
/// yet when this hook sees it, and a look for a sender's address there would find nothing. Nothing
/// but answers, probes and announcements is sent through these sockets, and all of them need the
/// lease. What the kernel asks under a held address gets the same mark on its way ([GateRules]):
/// whoever hears it notes its sender, so it needs the lease, too.
final class EgressRules {
  static final NumberSet ARMED = new NumberSet("armed", NumberSet.Kind.ENDING);
  static final NumberSet CONFIRMED = new NumberSet("confirmed", NumberSet.Kind.MAP);

  private static final String LEASE = "lease";
  private static final String OURS = NumberSet.hex(PacketSocket.MARK);

  private EgressRules() {}

  /// Replaces whatever table of our name exists; no interface is guarded yet, no round confirmed.
  static Batch install(boolean owned) {
    Batch batch =
        new Batch()
            .table(Family.NETDEV, GateRules.TABLE, 0)
            .deleteTable(Family.NETDEV, GateRules.TABLE)
            .table(Family.NETDEV, GateRules.TABLE, owned ? Batch.OWNED : 0)
            .set(Family.NETDEV, GateRules.TABLE, ARMED, 1)
            .set(Family.NETDEV, GateRules.TABLE, CONFIRMED, 2)
            .chain(Family.NETDEV, GateRules.TABLE, new Chain(LEASE, null));
    // The mark carries the round from the one look to the other, and is put back: `nft` cannot list
    // a rule in which one look follows the other directly (1.0.6 ends with a failed assertion).
    return batch
        .rule(
            Family.NETDEV,
            GateRules.TABLE,
            LEASE,
            new LoadMeta(Meta.MARK),
            new Translate(CONFIRMED.name()),
            new SetMeta(Meta.MARK))
        .rule(
            Family.NETDEV,
            GateRules.TABLE,
            LEASE,
            new LoadMeta(Meta.MARK),
            new IsIn(ARMED.name()),
            new LoadValue(OURS),
            new SetMeta(Meta.MARK),
            new Accept())
        .rule(Family.NETDEV, GateRules.TABLE, LEASE, new Count(), new Drop());
  }

  /// From now on nothing of ours, nor under a held address, leaves by the interface without a
  /// lease.
  static Batch guard(String interfaceName, int interfaceIndex) {
    String chain = chain(interfaceIndex);
    return new Batch()
        .chain(
            Family.NETDEV,
            GateRules.TABLE,
            new Chain(chain, new Chain.Hook(Chain.Hook.EGRESS, Chain.Hook.FILTER, interfaceName)))
        .rule(
            Family.NETDEV,
            GateRules.TABLE,
            chain,
            new LoadMeta(Meta.MARK),
            new IsEqual(OURS),
            new GoTo(LEASE));
  }

  /// Ends [#guard].
  static Batch unguard(int interfaceIndex) {
    return new Batch().deleteChain(Family.NETDEV, GateRules.TABLE, chain(interfaceIndex));
  }

  /// @param millis from 1
  static Batch arm(int round, long millis) {
    return new Batch().ending(Family.NETDEV, GateRules.TABLE, ARMED, round, millis);
  }

  /// @param replacing whether a round was confirmed before
  static Batch confirm(int round, boolean replacing) {
    Batch batch = new Batch();
    if (replacing) {
      batch.deleteNumber(Family.NETDEV, GateRules.TABLE, CONFIRMED, PacketSocket.MARK);
    }
    return batch.mapping(Family.NETDEV, GateRules.TABLE, CONFIRMED, PacketSocket.MARK, round);
  }

  static Batch remove() {
    return new Batch().deleteTable(Family.NETDEV, GateRules.TABLE);
  }

  private static String chain(int interfaceIndex) {
    return "egress_" + interfaceIndex;
  }
}
