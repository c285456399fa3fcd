package dev.thresher.vip.l2;

import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.nftables.Chain;
import dev.thresher.vip.nftables.Expression;
import dev.thresher.vip.nftables.Expression.Bits;
import dev.thresher.vip.nftables.Expression.Conntrack;
import dev.thresher.vip.nftables.Expression.IsEqual;
import dev.thresher.vip.nftables.Expression.LoadConntrack;
import dev.thresher.vip.nftables.Expression.LoadMeta;
import dev.thresher.vip.nftables.Expression.Meta;
import dev.thresher.vip.nftables.Expression.SetConntrack;
import dev.thresher.vip.nftables.Expression.SetMeta;
import dev.thresher.vip.nftables.Family;
import dev.thresher.vip.nftables.NumberSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The marks by which answers find the interface that the request came in by; see [ReturnPlan].
/// Pure.
///
/// What comes in by an interface with a number for a held address marks its connection with the
/// number, before the service proxy translates the address. What goes the other way in such a
/// connection gets the number as its own mark before it is routed: that of a pod or another node in
/// `prerouting`, that of the node itself in `output`, where the change of the mark has it routed
/// once more. The other bits of both marks stay as they are.
final class ReturnRules {
  private static final String ARRIVING = "arriving";
  private static final String ANSWERING = "answering";

  private ReturnRules() {}

  /// @param numbers by index of an interface
  /// @param replacing whether there are such rules already
  static Batch mark(Map<Integer, Integer> numbers, boolean replacing) {
    Batch batch = new Batch();
    if (replacing) {
      batch.deleteChain(Family.INET, GateRules.TABLE, ARRIVING);
      batch.deleteChain(Family.INET, GateRules.TABLE, ANSWERING);
    }
    if (numbers.isEmpty()) {
      return batch;
    }
    batch.chain(
        Family.INET,
        GateRules.TABLE,
        new Chain(ARRIVING, new Chain.Hook(Chain.Hook.PREROUTING, Chain.Hook.MANGLE)));
    batch.chain(
        Family.INET,
        GateRules.TABLE,
        new Chain(
            ANSWERING, new Chain.Hook(Chain.Hook.OUTPUT, Chain.Hook.MANGLE, "", Chain.Kind.ROUTE)));
    numbers.forEach((index, number) -> {
      int mark = ReturnPlan.mark(number);
      for (List<Expression> held : PacketMatch.TO_HELD) {
        List<Expression> steps =
            new ArrayList<>(
                List.of(
                    new LoadMeta(Meta.IN_INTERFACE),
                    new IsEqual(NumberSet.hex(index)),
                    new LoadConntrack(Conntrack.DIRECTION),
                    new IsEqual(Expression.ORIGINAL)));
        steps.addAll(held);
        steps.addAll(
            List.of(
                new LoadConntrack(Conntrack.MARK),
                new Bits(~ReturnPlan.MASK, mark),
                new SetConntrack(Conntrack.MARK)));
        batch.rule(Family.INET, GateRules.TABLE, ARRIVING, steps.toArray(Expression[]::new));
      }
      for (String chain : List.of(ARRIVING, ANSWERING)) {
        batch.rule(
            Family.INET,
            GateRules.TABLE,
            chain,
            new LoadConntrack(Conntrack.DIRECTION),
            new IsEqual(Expression.REPLY),
            new LoadConntrack(Conntrack.MARK),
            new Bits(ReturnPlan.MASK, 0),
            new IsEqual(NumberSet.hex(mark)),
            new LoadMeta(Meta.MARK),
            new Bits(~ReturnPlan.MASK, mark),
            new SetMeta(Meta.MARK));
      }
    });
    return batch;
  }
}
