package dev.thresher.vip.l2;

import static dev.thresher.vip.l2.PacketMatch.ADVERTISED_TARGET;
import static dev.thresher.vip.l2.PacketMatch.ARP_SENDER;
import static dev.thresher.vip.l2.PacketMatch.ASKING_SOURCE;
import static dev.thresher.vip.l2.PacketMatch.DESTINATION6;
import static dev.thresher.vip.l2.PacketMatch.ECHO_REQUESTS_TO_HELD;
import static dev.thresher.vip.l2.PacketMatch.FAMILY;
import static dev.thresher.vip.l2.PacketMatch.ICMP_TYPE;
import static dev.thresher.vip.l2.PacketMatch.INPUT_TYPE;
import static dev.thresher.vip.l2.PacketMatch.IN_HELD4;
import static dev.thresher.vip.l2.PacketMatch.IN_HELD6;
import static dev.thresher.vip.l2.PacketMatch.IS_ICMPV6;
import static dev.thresher.vip.l2.PacketMatch.IS_IPV6;
import static dev.thresher.vip.l2.PacketMatch.IS_REPLY;
import static dev.thresher.vip.l2.PacketMatch.IS_SOLICITATION;
import static dev.thresher.vip.l2.PacketMatch.IS_TCP;
import static dev.thresher.vip.l2.PacketMatch.IS_TO_ANOTHER;
import static dev.thresher.vip.l2.PacketMatch.MAY_ASK;
import static dev.thresher.vip.l2.PacketMatch.NO_LOOPBACK;
import static dev.thresher.vip.l2.PacketMatch.OPERATION;
import static dev.thresher.vip.l2.PacketMatch.OUTPUT_TYPE;
import static dev.thresher.vip.l2.PacketMatch.PACKET_TYPE;
import static dev.thresher.vip.l2.PacketMatch.PROTOCOL;
import static dev.thresher.vip.l2.PacketMatch.TO_HELD;

import dev.thresher.vip.nftables.AddressSet;
import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.nftables.Chain;
import dev.thresher.vip.nftables.Expression;
import dev.thresher.vip.nftables.Expression.Accept;
import dev.thresher.vip.nftables.Expression.Count;
import dev.thresher.vip.nftables.Expression.Drop;
import dev.thresher.vip.nftables.Expression.GoTo;
import dev.thresher.vip.nftables.Expression.IsIn;
import dev.thresher.vip.nftables.Expression.IsNotEqual;
import dev.thresher.vip.nftables.Expression.Limit;
import dev.thresher.vip.nftables.Expression.LoadDestinationType;
import dev.thresher.vip.nftables.Expression.LoadMeta;
import dev.thresher.vip.nftables.Expression.LoadValue;
import dev.thresher.vip.nftables.Expression.Meta;
import dev.thresher.vip.nftables.Expression.RejectPortUnreachable;
import dev.thresher.vip.nftables.Expression.RejectReset;
import dev.thresher.vip.nftables.Expression.SetMeta;
import dev.thresher.vip.nftables.Family;
import dev.thresher.vip.nftables.NumberSet;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// What the kernel must do about held addresses, none of which it has itself. Pure.
///
/// - What the service proxy did not translate would be routed like any foreign packet: out again,
///   to loop between this node and a router until its hops are used up, or into a request of this
///   node for its own address. So whatever still has a held address as destination after
///   translation is refused: a reset for TCP, "port unreachable" for the rest. An address that the
///   node does have (on a device, or put there by somebody else) is none of these rules' business.
/// - The place is `prerouting` after destination NAT: on the way to `forward` the kernel first
///   sends an ICMP redirect to a client on the same link, and then keeps back the "port
///   unreachable" by the rate limit that the redirect has used up. Kernels before 5.9 cannot reject
///   there; for them the same rules in `forward` remain.
/// - Echo requests and neighbour solicitations that come in by an interface with sockets of ours
///   are answered by the process; routing them too would answer twice or forward them. They are not
///   dropped but said to be for somebody else, which the kernel drops where it would route them:
///   the process sees them before these hooks, except on a bridge whose frames pass them on the way
///   up (`br_netfilter`, which Kubernetes asks for). Echo requests of pods and processes of this
///   node do not come by such an interface: they are translated to the node itself, whose kernel
///   answers.
/// - The kernel must not answer in the process's place, nor with another MAC, where the address
///   happens to be on an interface: its ARP replies with a held sender and its advertisements of a
///   held target are dropped. Packet sockets pass neither `arp output` nor `inet output`, so the
///   process's own answers are not.
/// - Nor for an address that another node holds, where somebody left it on an interface (a VIP
///   manager that was killed, say): that is dropped for every address that is known, requests, too.
/// - What the kernel asks under a held address is marked, and leaves while the lease does not end
///   it ([EgressRules]).
final class GateRules {
  static final String TABLE = "thresher_vip";

  static final AddressSet HELD4 = new AddressSet("held4", AddressSet.Kind.IPV4);
  static final AddressSet HELD6 = new AddressSet("held6", AddressSet.Kind.IPV6);

  static final AddressSet KNOWN4 = new AddressSet("known4", AddressSet.Kind.IPV4);
  static final AddressSet KNOWN6 = new AddressSet("known6", AddressSet.Kind.IPV6);

  /// Interfaces with sockets of ours, by index.
  static final NumberSet ANSWERING = new NumberSet("answering", NumberSet.Kind.PLAIN);

  /// Where a set of addresses is: sets cannot be shared between families.
  record Place(Family family, AddressSet set) {}

  static final List<Place> PLACES =
      List.of(
          new Place(Family.INET, HELD4),
          new Place(Family.INET, HELD6),
          new Place(Family.ARP, HELD4));

  /// Where the addresses are that the kernel never answers for.
  static final List<Place> SILENT_PLACES =
      List.of(new Place(Family.INET, KNOWN6), new Place(Family.ARP, KNOWN4));

  /// The families with a table for held addresses; that of [EgressRules] is a third.
  private static final List<Family> FAMILIES = List.of(Family.INET, Family.ARP);

  private static final String REFUSE = "refuse";

  /// A scan of a held address must not make the node send a packet for each of its own.
  private static final Limit LIMIT = new Limit(500, 100);

  /// The kernel neither forwards it nor takes it.
  private static final List<Expression> LEFT_TO_SOCKETS =
      List.of(new LoadValue(Expression.TO_ANOTHER), new SetMeta(Meta.PACKET_TYPE), new Accept());

  private GateRules() {}

  /// What kernels differ in.
  ///
  /// @param owned tables can belong to a socket (Linux 5.12)
  /// @param early packets can be rejected in `prerouting` (Linux 5.9, with `nft_fib`)
  record Abilities(boolean owned, boolean early) {

    /// From the best to what every kernel with nftables can.
    static final List<Abilities> DESCENDING =
        List.of(
            new Abilities(true, true),
            new Abilities(true, false),
            new Abilities(false, true),
            new Abilities(false, false));
  }

  /// Replaces whatever tables of our name exist, in one transaction.
  static Batch install(Abilities abilities) {
    int flags = abilities.owned ? Batch.OWNED : 0;
    Batch batch = new Batch();
    for (Family family : FAMILIES) {
      // A deletion fails if there is nothing, so there must be something first.
      batch.table(family, TABLE, 0).deleteTable(family, TABLE).table(family, TABLE, flags);
    }
    List<Place> all = Stream.concat(PLACES.stream(), SILENT_PLACES.stream()).toList();
    for (int i = 0; i < all.size(); i++) {
      batch.set(all.get(i).family(), TABLE, all.get(i).set(), i + 1);
    }
    batch.set(Family.INET, TABLE, ANSWERING, all.size() + 1);
    refuse(batch);
    prerouting(batch);
    if (abilities.early) {
      translated(batch);
    }
    input(batch);
    forward(batch);
    output(batch);
    arpOutput(batch);
    return batch;
  }

  /// Removes the tables.
  static Batch remove() {
    Batch batch = new Batch();
    for (Family family : FAMILIES) {
      batch.deleteTable(family, TABLE);
    }
    return batch;
  }

  /// Echo requests that come in by the interface are left to sockets of ours.
  static Batch answer(int interfaceIndex) {
    return new Batch().number(Family.INET, TABLE, ANSWERING, interfaceIndex);
  }

  /// Ends [#answer]; fails if it was not begun.
  static Batch answerNoMore(int interfaceIndex) {
    return new Batch().deleteNumber(Family.INET, TABLE, ANSWERING, interfaceIndex);
  }

  private static void refuse(Batch batch) {
    batch.chain(Family.INET, TABLE, new Chain(REFUSE, null));
    batch.rule(Family.INET, TABLE, REFUSE, PROTOCOL, IS_TCP, LIMIT, new Count(), new RejectReset());
    batch.rule(Family.INET, TABLE, REFUSE, PROTOCOL, IS_TCP, new Count(), new Drop());
    batch.rule(Family.INET, TABLE, REFUSE, LIMIT, new Count(), new RejectPortUnreachable());
    batch.rule(Family.INET, TABLE, REFUSE, new Count(), new Drop());
  }

  private static void prerouting(Batch batch) {
    String chain = "prerouting";
    batch.chain(
        Family.INET,
        TABLE,
        new Chain(chain, new Chain.Hook(Chain.Hook.PREROUTING, Chain.Hook.RAW)));
    for (List<Expression> request : ECHO_REQUESTS_TO_HELD) {
      List<Expression> steps = new ArrayList<>(request);
      steps.addAll(
          List.of(new LoadMeta(Meta.IN_INTERFACE), new IsIn(ANSWERING.name()), new Count()));
      steps.addAll(LEFT_TO_SOCKETS);
      batch.rule(Family.INET, TABLE, chain, steps.toArray(Expression[]::new));
    }
    List<Expression> solicitation =
        new ArrayList<>(
            List.of(
                FAMILY,
                IS_IPV6,
                PROTOCOL,
                IS_ICMPV6,
                ICMP_TYPE,
                IS_SOLICITATION,
                INPUT_TYPE,
                NO_LOOPBACK,
                DESTINATION6,
                IN_HELD6,
                new Count()));
    solicitation.addAll(LEFT_TO_SOCKETS);
    batch.rule(Family.INET, TABLE, chain, solicitation.toArray(Expression[]::new));
  }

  /// Where the node has the address itself.
  private static void input(Batch batch) {
    String chain = "input";
    batch.chain(
        Family.INET, TABLE, new Chain(chain, new Chain.Hook(Chain.Hook.INPUT, Chain.Hook.FILTER)));
    for (List<Expression> held : TO_HELD) {
      List<Expression> steps = new ArrayList<>(held);
      steps.addAll(List.of(PACKET_TYPE, IS_TO_ANOTHER, new Count(), new Drop()));
      batch.rule(Family.INET, TABLE, chain, steps.toArray(Expression[]::new));
    }
  }

  private static void translated(Batch batch) {
    String chain = "translated";
    batch.chain(
        Family.INET,
        TABLE,
        new Chain(chain, new Chain.Hook(Chain.Hook.PREROUTING, Chain.Hook.AFTER_DNAT)));
    batch.rule(Family.INET, TABLE, chain, PACKET_TYPE, IS_TO_ANOTHER, new Accept());
    refuseHeld(batch, chain, new LoadDestinationType(), new IsNotEqual(Expression.LOCAL_ADDRESS));
  }

  private static void forward(Batch batch) {
    String chain = "forward";
    batch.chain(
        Family.INET,
        TABLE,
        new Chain(chain, new Chain.Hook(Chain.Hook.FORWARD, Chain.Hook.FILTER)));
    refuseHeld(batch, chain);
  }

  private static void output(Batch batch) {
    String chain = "output";
    batch.chain(
        Family.INET, TABLE, new Chain(chain, new Chain.Hook(Chain.Hook.OUTPUT, Chain.Hook.FILTER)));
    for (AddressSet set : List.of(HELD6, KNOWN6)) {
      List<Expression> steps = new ArrayList<>(ADVERTISED_TARGET);
      steps.addAll(List.of(new IsIn(set.name()), new Count(), new Drop()));
      batch.rule(Family.INET, TABLE, chain, steps.toArray(Expression[]::new));
    }
    List<Expression> asking = new ArrayList<>(ASKING_SOURCE);
    asking.addAll(List.of(IN_HELD6, new LoadValue(MAY_ASK), new SetMeta(Meta.MARK)));
    batch.rule(Family.INET, TABLE, chain, asking.toArray(Expression[]::new));
    List<Expression> askingUnderAnothers = new ArrayList<>(ASKING_SOURCE);
    askingUnderAnothers.addAll(
        List.of(
            new IsIn(KNOWN6.name()),
            new LoadMeta(Meta.MARK),
            new IsNotEqual(MAY_ASK),
            new Count(),
            new Drop()));
    batch.rule(Family.INET, TABLE, chain, askingUnderAnothers.toArray(Expression[]::new));
    // What a process of this node sends to an address that the node has stays on the node.
    refuseHeld(batch, chain, OUTPUT_TYPE, NO_LOOPBACK);
  }

  private static void refuseHeld(Batch batch, String chain, Expression... conditions) {
    for (List<Expression> held : TO_HELD) {
      List<Expression> steps = new ArrayList<>(held);
      steps.addAll(List.of(conditions));
      steps.add(new GoTo(REFUSE));
      batch.rule(Family.INET, TABLE, chain, steps.toArray(Expression[]::new));
    }
  }

  private static void arpOutput(Batch batch) {
    String chain = "output";
    batch.chain(
        Family.ARP,
        TABLE,
        new Chain(chain, new Chain.Hook(Chain.Hook.ARP_OUTPUT, Chain.Hook.FILTER)));
    // Requests may pass: a server that answers from an address of the node's has it look for its
    // clients under that address.
    batch.rule(
        Family.ARP,
        TABLE,
        chain,
        OPERATION,
        IS_REPLY,
        ARP_SENDER,
        IN_HELD4,
        new Count(),
        new Drop());
    batch.rule(
        Family.ARP,
        TABLE,
        chain,
        ARP_SENDER,
        IN_HELD4,
        new LoadValue(MAY_ASK),
        new SetMeta(Meta.MARK),
        new Accept());
    batch.rule(
        Family.ARP, TABLE, chain, ARP_SENDER, new IsIn(KNOWN4.name()), new Count(), new Drop());
  }
}
