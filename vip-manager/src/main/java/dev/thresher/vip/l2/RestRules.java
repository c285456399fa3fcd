package dev.thresher.vip.l2;

import dev.thresher.vip.nftables.AddressSet;
import dev.thresher.vip.nftables.Batch;
import dev.thresher.vip.nftables.Chain;
import dev.thresher.vip.nftables.Expression;
import dev.thresher.vip.nftables.Expression.Count;
import dev.thresher.vip.nftables.Expression.Drop;
import dev.thresher.vip.nftables.Expression.IsIn;
import dev.thresher.vip.nftables.Expression.IsNotEqual;
import dev.thresher.vip.nftables.Expression.LoadMeta;
import dev.thresher.vip.nftables.Expression.Meta;
import dev.thresher.vip.nftables.Family;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// What keeps the kernel silent about an address that is on an interface for some seconds more,
/// though the process that put it there is dead, and with it the tables of [GateRules]: another
/// node may answer for the address already. Pure.
///
/// These tables belong to nobody, so that they outlive the process; the addresses in them end by
/// themselves some time after they are gone from the interface, and then the tables mean nothing.
/// While the process lives, [GateRules] mark what the kernel may ask under the address, and that
/// passes here, too.
final class RestRules {
  /// Tables of an earlier version are gone on with: other sets or hooks need another name.
  static final String TABLE = "thresher_vip_rest";

  private static final AddressSet REST4 = new AddressSet("rest4", AddressSet.Kind.IPV4);
  private static final AddressSet REST6 = new AddressSet("rest6", AddressSet.Kind.IPV6);
  private static final String CHAIN = "output";
  private static final List<Family> FAMILIES = List.of(Family.ARP, Family.INET);

  private RestRules() {}

  /// Makes the tables, without any address; fails if there is one already.
  static Batch install() {
    Batch batch = new Batch();
    FAMILIES.forEach(family -> batch.newTable(family, TABLE));
    return content(batch, false);
  }

  /// Makes what is missing of the tables and writes their rules anew. The addresses stay: an
  /// earlier process' own may be on an interface yet.
  static Batch renew() {
    Batch batch = new Batch();
    FAMILIES.forEach(family -> batch.table(family, TABLE, 0));
    return content(batch, true);
  }

  private static Batch content(Batch batch, boolean anew) {
    for (Family family : FAMILIES) {
      batch.endingSet(family, TABLE, set(family), family == Family.ARP ? 1 : 2);
    }
    batch.chain(
        Family.ARP,
        TABLE,
        new Chain(CHAIN, new Chain.Hook(Chain.Hook.ARP_OUTPUT, Chain.Hook.AFTER_FILTER)));
    batch.chain(
        Family.INET,
        TABLE,
        new Chain(CHAIN, new Chain.Hook(Chain.Hook.OUTPUT, Chain.Hook.AFTER_FILTER)));
    if (anew) {
      FAMILIES.forEach(family -> batch.flush(family, TABLE, CHAIN));
    }
    drop(batch, Family.ARP, List.of(PacketMatch.ARP_SENDER, new IsIn(REST4.name())));
    for (List<Expression> subject :
        List.of(PacketMatch.ADVERTISED_TARGET, PacketMatch.ASKING_SOURCE)) {
      List<Expression> steps = new ArrayList<>(subject);
      steps.add(new IsIn(REST6.name()));
      drop(batch, Family.INET, steps);
    }
    return batch;
  }

  private static void drop(Batch batch, Family family, List<Expression> which) {
    List<Expression> steps = new ArrayList<>(which);
    steps.addAll(
        List.of(
            new LoadMeta(Meta.MARK), new IsNotEqual(PacketMatch.MAY_ASK), new Count(), new Drop()));
    batch.rule(family, TABLE, CHAIN, steps.toArray(Expression[]::new));
  }

  /// From now on, and for so long, the kernel is silent about the addresses unless a process of
  /// ours lets it speak. In place of what was said of them before.
  ///
  /// @param millis from 1
  static Batch rest(Set<InetAddress> addresses, long millis) {
    Batch batch = new Batch();
    for (Family family : FAMILIES) {
      List<InetAddress> own = of(family, addresses);
      if (!own.isEmpty()) {
        // What is there already keeps its time on old kernels, and what is not cannot be deleted.
        batch
            .ending(family, TABLE, set(family), own, millis)
            .deleteElements(family, TABLE, set(family), own)
            .ending(family, TABLE, set(family), own, millis);
      }
    }
    return batch;
  }

  /// Removes the tables; fails if one is not there.
  static Batch remove() {
    return new Batch().deleteTable(Family.ARP, TABLE).deleteTable(Family.INET, TABLE);
  }

  private static AddressSet set(Family family) {
    return family == Family.ARP ? REST4 : REST6;
  }

  private static List<InetAddress> of(Family family, Set<InetAddress> addresses) {
    return addresses.stream()
        .filter(address -> address instanceof Inet4Address == (family == Family.ARP))
        .toList();
  }
}
