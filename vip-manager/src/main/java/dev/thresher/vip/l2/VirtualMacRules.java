package dev.thresher.vip.l2;

import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.nftables.Chain;
import dev.thresher.vip.nftables.Expression;
import dev.thresher.vip.nftables.Expression.Count;
import dev.thresher.vip.nftables.Expression.GoTo;
import dev.thresher.vip.nftables.Expression.IsEqual;
import dev.thresher.vip.nftables.Expression.IsIn;
import dev.thresher.vip.nftables.Expression.LoadMeta;
import dev.thresher.vip.nftables.Expression.LoadPayload;
import dev.thresher.vip.nftables.Expression.LoadValue;
import dev.thresher.vip.nftables.Expression.Meta;
import dev.thresher.vip.nftables.Expression.SetMeta;
import dev.thresher.vip.nftables.Family;
import dev.thresher.vip.nftables.MacSet;
import dev.thresher.vip.nftables.NumberSet;
import dev.thresher.vip.packet.MacAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// Which frames for virtual MACs the kernel takes for this node's: those that come in by the
/// interface on which the address is held, while the slot of the confirmed round runs. Pure.
///
/// The kernel drops what a frame brings that is for none of the interface's own MACs, after the
/// hook of these rules; so they say that the frame is for this node. They are in the table of
/// [EgressRules] where there is one, for its slots.
///
/// The confirmed round is written into the rule that asks whether its slot runs, anew with each
/// round. To look it up in the map that the answers use would take two looks, one following the
/// other, which `nft` cannot list; there the mark is the step between, but a frame that comes in
/// may have a mark of somebody else's, and what the rule ends with could not be put back.
final class VirtualMacRules {
  private static final String TAKE = "take";
  private static final List<Expression> FOR_THIS_NODE =
      List.of(new LoadValue(Expression.TO_THIS_NODE), new SetMeta(Meta.PACKET_TYPE));

  private VirtualMacRules() {}

  /// Makes what every interface needs in the table of [EgressRules]; nothing is taken before
  /// [#confirm].
  static Batch installLeased() {
    return new Batch().chain(Family.NETDEV, GateRules.TABLE, new Chain(TAKE, null));
  }

  /// Makes a table of its own in which no lease is asked; replaces whatever has its name.
  static Batch installWithoutLease(boolean owned) {
    Batch batch =
        new Batch()
            .table(Family.NETDEV, GateRules.TABLE, 0)
            .deleteTable(Family.NETDEV, GateRules.TABLE)
            .table(Family.NETDEV, GateRules.TABLE, owned ? Batch.OWNED : 0)
            .chain(Family.NETDEV, GateRules.TABLE, new Chain(TAKE, null));
    return rule(batch, FOR_THIS_NODE);
  }

  /// From now on frames are taken while the slot of this round runs, and no other's; goes into the
  /// transaction that confirms it.
  static Batch confirm(Batch batch, int round) {
    List<Expression> steps = new ArrayList<>();
    steps.add(new LoadValue(NumberSet.hex(round)));
    steps.add(new IsIn(EgressRules.ARMED.name()));
    steps.addAll(FOR_THIS_NODE);
    return rule(batch.flush(Family.NETDEV, GateRules.TABLE, TAKE), steps);
  }

  private static Batch rule(Batch batch, List<Expression> steps) {
    return batch.rule(Family.NETDEV, GateRules.TABLE, TAKE, steps.toArray(Expression[]::new));
  }

  /// Prepares an interface, without any MAC yet.
  static Batch guard(String interfaceName, int interfaceIndex) {
    MacSet set = set(interfaceIndex);
    String chain = chain(interfaceIndex);
    return new Batch()
        .set(Family.NETDEV, GateRules.TABLE, set, 1)
        .chain(
            Family.NETDEV,
            GateRules.TABLE,
            new Chain(chain, new Chain.Hook(Chain.Hook.INGRESS, Chain.Hook.FILTER, interfaceName)))
        .rule(
            Family.NETDEV,
            GateRules.TABLE,
            chain,
            new LoadMeta(Meta.INPUT_TYPE),
            new IsEqual(Expression.ETHERNET),
            new LoadPayload(Expression.Header.LINK, 0, MacAddress.LENGTH),
            new IsIn(set.name()),
            new Count(),
            new GoTo(TAKE));
  }

  /// Ends [#guard], first half: the chain, which most kernels remove with its interface.
  static Batch unguardChain(int interfaceIndex) {
    return new Batch().deleteChain(Family.NETDEV, GateRules.TABLE, chain(interfaceIndex));
  }

  /// Ends [#guard], second half.
  static Batch unguardSet(int interfaceIndex) {
    return new Batch().deleteSet(Family.NETDEV, GateRules.TABLE, set(interfaceIndex));
  }

  /// Frames for these are taken when they come in by the interface.
  static Batch take(Batch batch, int interfaceIndex, Collection<MacAddress> macs) {
    return batch.macs(Family.NETDEV, GateRules.TABLE, set(interfaceIndex), octets(macs));
  }

  /// Ends [#take]; fails for what is not taken.
  static Batch leave(Batch batch, int interfaceIndex, Collection<MacAddress> macs) {
    return batch.deleteMacs(Family.NETDEV, GateRules.TABLE, set(interfaceIndex), octets(macs));
  }

  static Batch remove() {
    return new Batch().deleteTable(Family.NETDEV, GateRules.TABLE);
  }

  private static List<byte[]> octets(Collection<MacAddress> macs) {
    return macs.stream().map(MacAddress::octets).toList();
  }

  private static MacSet set(int interfaceIndex) {
    return new MacSet("taken_" + interfaceIndex);
  }

  private static String chain(int interfaceIndex) {
    return "ingress_" + interfaceIndex;
  }
}
