package dev.thresher.vip.l2;

import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.nftables.Chain;
import dev.thresher.vip.nftables.Chain.Hook;
import dev.thresher.vip.nftables.Expression;
import dev.thresher.vip.nftables.Expression.Count;
import dev.thresher.vip.nftables.Expression.IsNotEqual;
import dev.thresher.vip.nftables.Expression.LoadMeta;
import dev.thresher.vip.nftables.Expression.Meta;
import dev.thresher.vip.nftables.Expression.Redirect;
import dev.thresher.vip.nftables.Family;
import java.util.ArrayList;
import java.util.List;

/// Pings of held addresses by pods and processes of this node: they come by no interface with
/// sockets of ours, so the node's kernel is made to answer, in the name of the address. Nothing of
/// it leaves the node. Pure; a transaction of its own, because a kernel may lack what it takes.
final class EchoRules {
  private static final String ARRIVING = "echo_arriving";
  private static final String SENT = "echo_sent";

  private EchoRules() {}

  /// Adds the rules to the tables of [GateRules].
  static Batch install() {
    Batch batch = new Batch();
    // What is left to sockets of ours is said to be for somebody else.
    chain(
        batch,
        ARRIVING,
        Hook.PREROUTING,
        Meta.INPUT_TYPE,
        List.of(PacketMatch.PACKET_TYPE, PacketMatch.IS_NOT_TO_ANOTHER));
    chain(batch, SENT, Hook.OUTPUT, Meta.OUTPUT_TYPE, List.of());
    return batch;
  }

  private static void chain(
      Batch batch, String name, int hook, Meta way, List<Expression> besides) {
    batch.chain(Family.INET, GateRules.TABLE, new Chain(name, Hook.nat(hook, Hook.BEFORE_DNAT)));
    for (List<Expression> request : PacketMatch.ECHO_REQUESTS_TO_HELD) {
      List<Expression> steps = new ArrayList<>(request);
      steps.addAll(besides);
      steps.addAll(
          List.of(
              new LoadMeta(way), new IsNotEqual(Expression.LOOPBACK), new Count(), new Redirect()));
      batch.rule(Family.INET, GateRules.TABLE, name, steps.toArray(Expression[]::new));
    }
  }
}
