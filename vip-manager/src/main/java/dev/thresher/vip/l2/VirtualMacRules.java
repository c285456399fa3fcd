package dev.thresher.vip.l2;

import dev.thresher.vip.nftables.AddressSet;
import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.nftables.Chain;
import dev.thresher.vip.nftables.Expression;
import dev.thresher.vip.nftables.Expression.Accept;
import dev.thresher.vip.nftables.Expression.Count;
import dev.thresher.vip.nftables.Expression.GoTo;
import dev.thresher.vip.nftables.Expression.IsEqual;
import dev.thresher.vip.nftables.Expression.IsIn;
import dev.thresher.vip.nftables.Expression.LoadMeta;
import dev.thresher.vip.nftables.Expression.LoadPayload;
import dev.thresher.vip.nftables.Expression.LoadValue;
import dev.thresher.vip.nftables.Expression.Meta;
import dev.thresher.vip.nftables.Expression.SetMeta;
import dev.thresher.vip.nftables.Expression.SetPayload;
import dev.thresher.vip.nftables.Expression.Translate;
import dev.thresher.vip.nftables.Family;
import dev.thresher.vip.nftables.MacMap;
import dev.thresher.vip.nftables.MacSet;
import dev.thresher.vip.nftables.NumberSet;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// What the kernel does about virtual MACs. Pure.
///
/// It takes frames for them as this node's own that come in by the interface on which the address
/// is held, while the slot of the confirmed round runs. Otherwise it drops what a frame brings that
/// is for none of the interface's own MACs, but after the hook of these rules; so they say that the
/// frame is for this node. They are in the table of [EgressRules] where there is one, for its
/// slots.
///
/// Where the node has the address itself its kernel looks for clients under the address, and tells
/// them the interface's MAC, which they would remember. On the way out its questions get the MAC of
/// the address; their Ethernet source stays, so that the kernel of a node that holds the address no
/// more cannot draw the port of a switch to it.
///
/// The confirmed round is written into the rule that asks whether its slot runs, anew with each
/// round. To look it up in the map that the answers use would take two looks, one following the
/// other, which `nft` cannot list; there the mark is the step between, but a frame that comes in
/// may have a mark of somebody else's, and what the rule ends with could not be put back.
final class VirtualMacRules {
  private static final String OFFERED = "offered";
  private static final String TAKE = "take";

  /// Octets of a neighbour solicitation before its options (RFC 4861 4.3).
  private static final int SOLICITATION = 24;

  /// How the option with the source's MAC begins: type 1, eight octets.
  private static final String SOURCE_OPTION = "0101";

  private static final List<Expression> FOR_THIS_NODE =
      List.of(new LoadValue(Expression.TO_THIS_NODE), new SetMeta(Meta.PACKET_TYPE));

  private VirtualMacRules() {}

  /// Makes what every interface needs in the table of [EgressRules]; nothing is taken before
  /// [#confirm].
  static Batch installLeased() {
    return chains(new Batch());
  }

  /// Makes a table of its own in which no lease is asked; replaces whatever has its name.
  static Batch installWithoutLease(boolean owned) {
    Batch batch =
        new Batch()
            .table(Family.NETDEV, GateRules.TABLE, 0)
            .deleteTable(Family.NETDEV, GateRules.TABLE)
            .table(Family.NETDEV, GateRules.TABLE, owned ? Batch.OWNED : 0);
    return rule(chains(batch), FOR_THIS_NODE);
  }

  /// What sockets of ours answer stays what the kernel drops.
  private static Batch chains(Batch batch) {
    batch
        .chain(Family.NETDEV, GateRules.TABLE, new Chain(TAKE, null))
        .chain(Family.NETDEV, GateRules.TABLE, new Chain(OFFERED, null));
    for (List<Expression> answered :
        List.of(
            List.of(PacketMatch.IS_ICMP, PacketMatch.ICMP_TYPE, PacketMatch.IS_ECHO_REQUEST),
            List.of(PacketMatch.IS_ICMPV6, PacketMatch.ICMP_TYPE, PacketMatch.IS_ECHO_REQUEST_V6),
            List.of(PacketMatch.IS_ICMPV6, PacketMatch.ICMP_TYPE, PacketMatch.IS_SOLICITATION))) {
      List<Expression> steps = new ArrayList<>();
      steps.add(PacketMatch.PROTOCOL);
      steps.addAll(answered);
      steps.add(new Accept());
      batch.rule(Family.NETDEV, GateRules.TABLE, OFFERED, steps.toArray(Expression[]::new));
    }
    return batch.rule(Family.NETDEV, GateRules.TABLE, OFFERED, new GoTo(TAKE));
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
    MacSet taken = taken(interfaceIndex);
    MacMap macs4 = macs(AddressSet.Kind.IPV4, interfaceIndex);
    MacMap macs6 = macs(AddressSet.Kind.IPV6, interfaceIndex);
    String incoming = incoming(interfaceIndex);
    Batch batch =
        new Batch()
            .set(Family.NETDEV, GateRules.TABLE, taken, 1)
            .set(Family.NETDEV, GateRules.TABLE, macs4, 2)
            .set(Family.NETDEV, GateRules.TABLE, macs6, 3)
            .chain(
                Family.NETDEV,
                GateRules.TABLE,
                new Chain(
                    incoming, new Chain.Hook(Chain.Hook.INGRESS, Chain.Hook.FILTER, interfaceName)))
            .rule(
                Family.NETDEV,
                GateRules.TABLE,
                incoming,
                new LoadMeta(Meta.INPUT_TYPE),
                new IsEqual(Expression.ETHERNET),
                new LoadPayload(Expression.Header.LINK, 0, MacAddress.LENGTH),
                new IsIn(taken.name()),
                new Count(),
                new GoTo(OFFERED));
    return asking(batch, interfaceName, interfaceIndex, macs4, macs6);
  }

  private static Batch asking(
      Batch batch, String interfaceName, int interfaceIndex, MacMap macs4, MacMap macs6) {
    String chain = asking(interfaceIndex);
    return batch
        .chain(
            Family.NETDEV,
            GateRules.TABLE,
            new Chain(chain, new Chain.Hook(Chain.Hook.EGRESS, Chain.Hook.FILTER, interfaceName)))
        .rule(
            Family.NETDEV,
            GateRules.TABLE,
            chain,
            new LoadMeta(Meta.PROTOCOL),
            new IsEqual(Expression.ARP),
            PacketMatch.ARP_SENDER,
            new Translate(macs4.name()),
            new SetPayload(Expression.Header.NETWORK, 8, MacAddress.LENGTH, false))
        .rule(
            Family.NETDEV,
            GateRules.TABLE,
            chain,
            new LoadMeta(Meta.PROTOCOL),
            new IsEqual(Expression.IPV6),
            PacketMatch.PROTOCOL,
            PacketMatch.IS_ICMPV6,
            PacketMatch.ICMP_TYPE,
            PacketMatch.IS_SOLICITATION,
            new LoadPayload(Expression.Header.TRANSPORT, SOLICITATION, 2),
            new IsEqual(SOURCE_OPTION),
            new LoadPayload(Expression.Header.NETWORK, 8, 16),
            new Translate(macs6.name()),
            new SetPayload(Expression.Header.TRANSPORT, SOLICITATION + 2, MacAddress.LENGTH, true));
  }

  /// Ends [#guard], first half: the chains, which most kernels remove with their interface.
  static Batch unguardChains(int interfaceIndex) {
    return new Batch()
        .deleteChain(Family.NETDEV, GateRules.TABLE, incoming(interfaceIndex))
        .deleteChain(Family.NETDEV, GateRules.TABLE, asking(interfaceIndex));
  }

  /// Ends [#guard], second half.
  static Batch unguardSets(int interfaceIndex) {
    Batch batch =
        new Batch().deleteSet(Family.NETDEV, GateRules.TABLE, taken(interfaceIndex).name());
    for (AddressSet.Kind kind : AddressSet.Kind.values()) {
      batch.deleteSet(Family.NETDEV, GateRules.TABLE, macs(kind, interfaceIndex).name());
    }
    return batch;
  }

  /// Frames for the MACs of these addresses are taken when they come in by the interface.
  static void take(Batch batch, int interfaceIndex, Map<InetAddress, MacAddress> addresses) {
    batch.macs(
        Family.NETDEV,
        GateRules.TABLE,
        taken(interfaceIndex),
        octets(Set.copyOf(addresses.values())));
    for (AddressSet.Kind kind : AddressSet.Kind.values()) {
      Map<InetAddress, byte[]> macs = new HashMap<>();
      GateElements.ofKind(addresses.keySet(), kind)
          .forEach(address ->
              macs.put(address, Objects.requireNonNull(addresses.get(address)).octets()));
      batch.mappings(Family.NETDEV, GateRules.TABLE, macs(kind, interfaceIndex), macs);
    }
  }

  /// Ends [#take]; fails for what is not there.
  ///
  /// @param macs those that no other address has
  static void leave(
      Batch batch, int interfaceIndex, Set<InetAddress> addresses, Set<MacAddress> macs) {
    batch.deleteMacs(Family.NETDEV, GateRules.TABLE, taken(interfaceIndex), octets(macs));
    for (AddressSet.Kind kind : AddressSet.Kind.values()) {
      batch.deleteMappings(
          Family.NETDEV,
          GateRules.TABLE,
          macs(kind, interfaceIndex),
          GateElements.ofKind(addresses, kind));
    }
  }

  static Batch remove() {
    return new Batch().deleteTable(Family.NETDEV, GateRules.TABLE);
  }

  private static List<byte[]> octets(Collection<MacAddress> macs) {
    return macs.stream().map(MacAddress::octets).toList();
  }

  private static MacSet taken(int interfaceIndex) {
    return new MacSet("taken_" + interfaceIndex);
  }

  private static MacMap macs(AddressSet.Kind kind, int interfaceIndex) {
    return new MacMap((kind == AddressSet.Kind.IPV4 ? "macs4_" : "macs6_") + interfaceIndex, kind);
  }

  private static String incoming(int interfaceIndex) {
    return "ingress_" + interfaceIndex;
  }

  private static String asking(int interfaceIndex) {
    return "asking_" + interfaceIndex;
  }
}
