package dev.thresher.vip.balancing;

import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.nftables.Chain;
import dev.thresher.vip.nftables.Chain.Hook;
import dev.thresher.vip.nftables.Expression;
import dev.thresher.vip.nftables.Expression.Conntrack;
import dev.thresher.vip.nftables.Expression.Count;
import dev.thresher.vip.nftables.Expression.GoTo;
import dev.thresher.vip.nftables.Expression.Header;
import dev.thresher.vip.nftables.Expression.IsEqual;
import dev.thresher.vip.nftables.Expression.IsNotEqual;
import dev.thresher.vip.nftables.Expression.LoadConntrack;
import dev.thresher.vip.nftables.Expression.LoadMeta;
import dev.thresher.vip.nftables.Expression.LoadPayload;
import dev.thresher.vip.nftables.Expression.LoadRandom;
import dev.thresher.vip.nftables.Expression.LoadSecond;
import dev.thresher.vip.nftables.Expression.LoadValue;
import dev.thresher.vip.nftables.Expression.Masquerade;
import dev.thresher.vip.nftables.Expression.Meta;
import dev.thresher.vip.nftables.Expression.TranslateDestination;
import dev.thresher.vip.nftables.Family;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/// The kernel's part of the balancing. Pure.
///
/// - A new connection to a held address and the port gets one of the servers of its family as its
///   destination, each with the same chance, before any service proxy sees it: what comes in by an
///   interface, and what processes of this node send. The connection stays with its server.
/// - What leaves this node on that way is masqueraded, so that the answers come back here and not
///   to the client, who knows nothing of that server. The own server sees the client's address.
/// - Without a server of its family nothing is translated: the holder's own takes all, as without
///   balancing.
final class BalanceRules {
  static final String TABLE = "thresher_cp";

  private static final String SPREAD = "spread";
  private static final String ARRIVING = "prerouting";
  private static final String SENT = "output";
  private static final String LEAVING = "postrouting";

  private static final Expression FAMILY = new LoadMeta(Meta.FAMILY);
  private static final Expression PROTOCOL = new LoadMeta(Meta.TRANSPORT_PROTOCOL);
  private static final Expression IS_TCP = hex((byte) 6);
  private static final Expression DESTINATION_PORT = new LoadPayload(Header.TRANSPORT, 2, 2);
  private static final Expression FIRST_OF_ALL = new IsEqual("00000000");

  private BalanceRules() {}

  /// What is balanced.
  ///
  /// @param addresses that this node holds
  /// @param port where clients connect to
  /// @param servers the API servers that are well, of both families, in any order
  record Plan(Set<InetAddress> addresses, int port, Set<InetSocketAddress> servers) {
    Plan {
      addresses = Set.copyOf(addresses);
      servers = Set.copyOf(servers);
    }

    /// Those that an address can be translated to, in a fixed order.
    List<InetSocketAddress> serversFor(InetAddress address) {
      return servers.stream()
          .filter(server -> isV4(server.getAddress()) == isV4(address))
          .sorted((a, b) -> a.toString().compareTo(b.toString()))
          .toList();
    }

    /// True if nothing is translated.
    boolean isIdle() {
      return addresses.stream().allMatch(address -> serversFor(address).isEmpty());
    }
  }

  /// All of it, in one transaction; connections that are translated already stay as they are.
  ///
  /// @param owned whether the table is to vanish with the socket
  /// @param replacing whether there is one of ours
  static Batch install(Plan plan, boolean owned, boolean replacing) {
    Batch batch = replacing ? remove() : new Batch();
    batch
        .table(Family.INET, TABLE, owned ? Batch.OWNED : 0)
        .chain(Family.INET, TABLE, new Chain(SPREAD, null));
    base(batch, ARRIVING, Hook.nat(Hook.PREROUTING, Hook.BEFORE_DNAT));
    base(batch, SENT, Hook.nat(Hook.OUTPUT, Hook.BEFORE_DNAT));
    base(batch, LEAVING, Hook.nat(Hook.POSTROUTING, Hook.BEFORE_SNAT));
    for (String chain : List.of(ARRIVING, SENT)) {
      batch.rule(Family.INET, TABLE, chain, new GoTo(SPREAD));
    }
    for (InetAddress address : plan.addresses()) {
      List<InetSocketAddress> servers = plan.serversFor(address);
      for (int i = 0; i < servers.size(); i++) {
        rule(batch, SPREAD, to(address, plan.port(), servers.get(i), servers.size() - i));
      }
      rule(batch, LEAVING, leaving(address));
    }
    return batch;
  }

  /// Removes the table; fails if there is none.
  static Batch remove() {
    return new Batch().deleteTable(Family.INET, TABLE);
  }

  /// Removes a table that belongs to nobody, if there is one.
  static Batch removeLeftover() {
    return new Batch().table(Family.INET, TABLE, 0).deleteTable(Family.INET, TABLE);
  }

  private static void base(Batch batch, String name, Hook hook) {
    batch.chain(Family.INET, TABLE, new Chain(name, hook));
  }

  private static void rule(Batch batch, String chain, Collection<Expression> steps) {
    batch.rule(Family.INET, TABLE, chain, steps.toArray(Expression[]::new));
  }

  /// @param left so many servers have not had their chance yet, this one among them
  private static List<Expression> to(
      InetAddress address, int port, InetSocketAddress server, int left) {
    boolean v4 = isV4(address);
    List<Expression> steps =
        new ArrayList<>(
            List.of(
                FAMILY,
                isFamily(v4),
                v4
                    ? new LoadPayload(Header.NETWORK, 16, 4)
                    : new LoadPayload(Header.NETWORK, 24, 16),
                new IsEqual(octets(address)),
                PROTOCOL,
                IS_TCP,
                DESTINATION_PORT,
                new IsEqual(octets(port))));
    if (left > 1) {
      steps.addAll(List.of(new LoadRandom(left), FIRST_OF_ALL));
    }
    steps.addAll(
        List.of(
            new Count(),
            new LoadValue(octets(server.getAddress())),
            new LoadSecond(octets(server.getPort())),
            new TranslateDestination(v4)));
    return steps;
  }

  private static List<Expression> leaving(InetAddress address) {
    boolean v4 = isV4(address);
    return List.of(
        FAMILY,
        isFamily(v4),
        new LoadConntrack(
            v4 ? Conntrack.ORIGINAL_DESTINATION_V4 : Conntrack.ORIGINAL_DESTINATION_V6),
        new IsEqual(octets(address)),
        new LoadMeta(Meta.OUTPUT_TYPE),
        new IsNotEqual(Expression.LOOPBACK),
        new Count(),
        new Masquerade());
  }

  private static boolean isV4(InetAddress address) {
    return address instanceof Inet4Address;
  }

  private static Expression isFamily(boolean v4) {
    return hex(v4 ? Expression.NFPROTO_IPV4 : Expression.NFPROTO_IPV6);
  }

  private static Expression hex(byte octet) {
    return new IsEqual(HexFormat.of().toHexDigits(octet));
  }

  private static String octets(InetAddress address) {
    return HexFormat.of().formatHex(address.getAddress());
  }

  private static String octets(int port) {
    return HexFormat.of().toHexDigits((short) port);
  }
}
