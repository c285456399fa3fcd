package dev.thresher.vip.nftables;

import dev.thresher.vip.netlink.AttributeWriter;
import dev.thresher.vip.netlink.NetlinkMessage;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A transaction: the kernel does all of it or nothing.
public final class Batch {
  /// The table vanishes when the socket that made it closes, and no other socket may change it
  /// (NFT_TABLE_F_OWNER, Linux 5.12).
  public static final int OWNED = 0x2;

  private static final int SUBSYSTEM = 10;
  private static final int BEGIN = 0x10;
  private static final int END = 0x11;
  private static final int NEW_TABLE = 0;
  private static final int DELETE_TABLE = 2;
  private static final int NEW_CHAIN = 3;
  private static final int DELETE_CHAIN = 5;
  private static final int NEW_RULE = 6;
  private static final int DELETE_RULE = 8;
  private static final int NEW_SET = 9;
  private static final int DELETE_SET = 11;
  private static final int NEW_ELEMENT = 12;
  private static final int DELETE_ELEMENT = 14;

  /// Keeps one message's element list well below the 16-bit length of an attribute.
  private static final int ELEMENTS_PER_MESSAGE = 1000;

  private final List<NetlinkMessage> messages = new ArrayList<>();

  /// Makes sure that the table exists.
  public Batch table(Family family, String table, int flags) {
    return add(
        family,
        NEW_TABLE,
        NetlinkMessage.CREATE,
        body -> body.string(1, table).networkInt(2, flags));
  }

  /// Adds a table; the whole batch fails if there is one already.
  public Batch newTable(Family family, String table) {
    return add(
        family,
        NEW_TABLE,
        NetlinkMessage.CREATE | NetlinkMessage.EXCLUSIVE,
        body -> body.string(1, table).networkInt(2, 0));
  }

  /// Deletes the table with all that is in it; the whole batch fails if there is none.
  public Batch deleteTable(Family family, String table) {
    return add(family, DELETE_TABLE, 0, body -> body.string(1, table));
  }

  /// Adds a chain.
  public Batch chain(Family family, String table, Chain chain) {
    Chain.Hook hook = chain.hook();
    return add(
        family,
        NEW_CHAIN,
        NetlinkMessage.CREATE,
        body -> {
          body.string(1, table).string(3, chain.name());
          if (hook != null) {
            body.nested(
                    4,
                    at -> {
                      at.networkInt(1, hook.number()).networkInt(2, hook.priority());
                      if (!hook.device().isEmpty()) {
                        at.string(3, hook.device());
                      }
                    })
                .networkInt(5, 1)
                .string(7, hook.kind().type());
          }
        });
  }

  /// Deletes a chain with its rules; the whole batch fails if there is none.
  public Batch deleteChain(Family family, String table, String chain) {
    return add(family, DELETE_CHAIN, 0, body -> body.string(1, table).string(3, chain));
  }

  /// Adds a set, empty.
  ///
  /// @param id different from that of every other set of the batch
  public Batch set(Family family, String table, AddressSet set, int id) {
    return set(family, table, set, 0, id);
  }

  private Batch set(Family family, String table, AddressSet set, int flags, int id) {
    return add(
        family,
        NEW_SET,
        NetlinkMessage.CREATE,
        body ->
            body.string(1, table)
                .string(2, set.name())
                .networkInt(3, flags)
                .networkInt(4, set.kind().type())
                .networkInt(5, set.kind().length())
                .networkInt(10, id));
  }

  /// Adds a set, empty, whose elements may vanish by themselves.
  ///
  /// @param id different from that of every other set of the batch
  public Batch endingSet(Family family, String table, AddressSet set, int id) {
    return set(family, table, set, NumberSet.Kind.ENDING.flags(), id);
  }

  /// Adds a set of MAC addresses, empty.
  ///
  /// @param id different from that of every other set of the batch
  public Batch set(Family family, String table, MacSet set, int id) {
    return add(
        family,
        NEW_SET,
        NetlinkMessage.CREATE,
        body ->
            body.string(1, table)
                .string(2, set.name())
                .networkInt(3, 0)
                .networkInt(4, MacSet.TYPE)
                .networkInt(5, MacSet.LENGTH)
                .networkInt(10, id));
  }

  /// Adds a map of addresses to MAC addresses, empty.
  ///
  /// @param id different from that of every other set of the batch
  public Batch set(Family family, String table, MacMap map, int id) {
    return add(
        family,
        NEW_SET,
        NetlinkMessage.CREATE,
        body ->
            body.string(1, table)
                .string(2, map.name())
                .networkInt(3, NumberSet.Kind.MAP.flags())
                .networkInt(4, map.kind().type())
                .networkInt(5, map.kind().length())
                .networkInt(6, MacSet.TYPE)
                .networkInt(7, MacSet.LENGTH)
                .networkInt(10, id));
  }

  /// Deletes a set or map; the whole batch fails if there is none, or a rule uses it.
  ///
  /// @param set its name
  public Batch deleteSet(Family family, String table, String set) {
    return add(family, DELETE_SET, 0, body -> body.string(1, table).string(2, set));
  }

  /// Adds a set or map of numbers, empty.
  ///
  /// @param id different from that of every other set of the batch
  public Batch set(Family family, String table, NumberSet set, int id) {
    return add(
        family,
        NEW_SET,
        NetlinkMessage.CREATE,
        body -> {
          body.string(1, table)
              .string(2, set.name())
              .networkInt(3, set.kind().flags())
              .networkInt(4, NumberSet.TYPE)
              .networkInt(5, NumberSet.LENGTH);
          if (set.kind() == NumberSet.Kind.MAP) {
            body.networkInt(6, NumberSet.TYPE).networkInt(7, NumberSet.LENGTH);
          }
          body.networkInt(10, id);
        });
  }

  /// Adds a number that vanishes by itself.
  ///
  /// @param millis how long it stays, from 1; the kernel rounds down to its ticks
  public Batch ending(Family family, String table, NumberSet set, int number, long millis) {
    if (millis < 1) {
      throw new IllegalArgumentException(
          "an element of " + set.name() + " that ends must last 1 ms at least, found " + millis);
    }
    return element(
        family,
        NEW_ELEMENT,
        NetlinkMessage.CREATE,
        table,
        set,
        element ->
            element
                .nested(1, key -> key.bytes(1, NumberSet.octets(number)))
                .networkLong(4, millis));
  }

  /// Adds a number to a set; one already there stays.
  public Batch number(Family family, String table, NumberSet set, int number) {
    return element(
        family,
        NEW_ELEMENT,
        NetlinkMessage.CREATE,
        table,
        set,
        element -> element.nested(1, key -> key.bytes(1, NumberSet.octets(number))));
  }

  /// Adds an entry to a map; the whole batch fails if the key leads elsewhere already.
  public Batch mapping(Family family, String table, NumberSet map, int key, int value) {
    return element(
        family,
        NEW_ELEMENT,
        NetlinkMessage.CREATE,
        table,
        map,
        element ->
            element
                .nested(1, number -> number.bytes(1, NumberSet.octets(key)))
                .nested(2, number -> number.bytes(1, NumberSet.octets(value))));
  }

  /// Removes a number from a set, or the entry of a map; the whole batch fails if it is not there.
  public Batch deleteNumber(Family family, String table, NumberSet map, int key) {
    return element(
        family,
        DELETE_ELEMENT,
        0,
        table,
        map,
        element -> element.nested(1, number -> number.bytes(1, NumberSet.octets(key))));
  }

  /// Appends a rule to a chain.
  public Batch rule(Family family, String table, String chain, Expression... steps) {
    return add(
        family,
        NEW_RULE,
        NetlinkMessage.CREATE | NetlinkMessage.APPEND,
        body ->
            body.string(1, table)
                .string(2, chain)
                .nested(
                    4,
                    list -> {
                      for (Expression step : steps) {
                        list.nested(1, step::write);
                      }
                    }));
  }

  /// Deletes all rules of a chain; the whole batch fails if there is no such chain.
  public Batch flush(Family family, String table, String chain) {
    return add(family, DELETE_RULE, 0, body -> body.string(1, table).string(2, chain));
  }

  /// Adds MAC addresses to a set; those already there stay.
  ///
  /// @param macs six octets each
  public Batch macs(Family family, String table, MacSet set, Collection<byte[]> macs) {
    return macs(family, NEW_ELEMENT, NetlinkMessage.CREATE, table, set, macs);
  }

  /// Removes MAC addresses from a set; the whole batch fails if one is not there.
  ///
  /// @param macs six octets each
  public Batch deleteMacs(Family family, String table, MacSet set, Collection<byte[]> macs) {
    return macs(family, DELETE_ELEMENT, 0, table, set, macs);
  }

  /// Adds entries to a map; the whole batch fails if one of the addresses leads elsewhere already.
  ///
  /// @param macs addresses of the map's family, with six octets each
  public Batch mappings(
      Family family, String table, MacMap map, Map<? extends InetAddress, byte[]> macs) {
    return elements(
        family,
        NEW_ELEMENT,
        NetlinkMessage.CREATE,
        table,
        new AddressSet(map.name(), map.kind()),
        List.copyOf(macs.keySet()),
        (element, address) ->
            element.nested(2, value -> value.bytes(1, mac(map.name(), macs.get(address)))));
  }

  /// Removes addresses from a map; the whole batch fails if one is not there.
  public Batch deleteMappings(
      Family family, String table, MacMap map, Collection<InetAddress> addresses) {
    return deleteElements(family, table, new AddressSet(map.name(), map.kind()), addresses);
  }

  /// Adds addresses to a set; those already there stay.
  ///
  /// @param addresses of the set's family
  public Batch elements(
      Family family, String table, AddressSet set, Collection<InetAddress> addresses) {
    return elements(
        family, NEW_ELEMENT, NetlinkMessage.CREATE, table, set, addresses, (_, _) -> {});
  }

  /// Adds addresses that vanish by themselves; those already there stay as they are.
  ///
  /// @param addresses of the set's family
  /// @param millis how long they stay, from 1
  public Batch ending(
      Family family, String table, AddressSet set, Collection<InetAddress> addresses, long millis) {
    return elements(
        family,
        NEW_ELEMENT,
        NetlinkMessage.CREATE,
        table,
        set,
        addresses,
        (element, _) -> element.networkLong(4, millis));
  }

  /// Removes addresses from a set; the whole batch fails if one is not there.
  public Batch deleteElements(
      Family family, String table, AddressSet set, Collection<InetAddress> addresses) {
    return elements(family, DELETE_ELEMENT, 0, table, set, addresses, (_, _) -> {});
  }

  /// The messages, framed as a transaction. The last of them, before the end mark, asks for an
  /// acknowledgement: when that arrives, the transaction is done.
  public List<NetlinkMessage> messages() {
    if (messages.isEmpty()) {
      throw new IllegalStateException("an nftables batch must contain at least one change");
    }
    byte[] frame = header(0, SUBSYSTEM);
    List<NetlinkMessage> all = new ArrayList<>();
    all.add(NetlinkMessage.request(BEGIN, 0, frame));
    all.addAll(messages.subList(0, messages.size() - 1));
    all.add(messages.getLast().withFlags(NetlinkMessage.ACK));
    all.add(NetlinkMessage.request(END, 0, frame));
    return List.copyOf(all);
  }

  /// True if there is nothing to do.
  public boolean isEmpty() {
    return messages.isEmpty();
  }

  private Batch elements(
      Family family,
      int type,
      int flags,
      String table,
      AddressSet set,
      Collection<? extends InetAddress> addresses,
      BiConsumer<AttributeWriter, InetAddress> more) {
    List<? extends InetAddress> left = List.copyOf(addresses);
    for (int from = 0; from < left.size(); from += ELEMENTS_PER_MESSAGE) {
      List<? extends InetAddress> part =
          left.subList(from, Math.min(left.size(), from + ELEMENTS_PER_MESSAGE));
      add(
          family,
          type,
          flags,
          body ->
              body.string(1, table)
                  .string(2, set.name())
                  .nested(3, list -> part.forEach(address -> element(list, set, address, more))));
    }
    return this;
  }

  private Batch macs(
      Family family, int type, int flags, String table, MacSet set, Collection<byte[]> macs) {
    List<byte[]> left = List.copyOf(macs);
    for (int from = 0; from < left.size(); from += ELEMENTS_PER_MESSAGE) {
      List<byte[]> part = left.subList(from, Math.min(left.size(), from + ELEMENTS_PER_MESSAGE));
      add(
          family,
          type,
          flags,
          body ->
              body.string(1, table)
                  .string(2, set.name())
                  .nested(3, list -> part.forEach(mac -> element(list, set, mac))));
    }
    return this;
  }

  private static void element(AttributeWriter list, MacSet set, byte[] mac) {
    list.nested(1, element -> element.nested(1, key -> key.bytes(1, mac(set.name(), mac))));
  }

  private static byte[] mac(String set, byte @Nullable [] octets) {
    if (octets == null || octets.length != MacSet.LENGTH) {
      throw new IllegalArgumentException(
          "set "
              + set
              + " holds MAC addresses of "
              + MacSet.LENGTH
              + " octets, found "
              + (octets == null ? 0 : octets.length));
    }
    return octets;
  }

  private Batch element(
      Family family,
      int type,
      int flags,
      String table,
      NumberSet set,
      Consumer<AttributeWriter> content) {
    return add(
        family,
        type,
        flags,
        body ->
            body.string(1, table).string(2, set.name()).nested(3, list -> list.nested(1, content)));
  }

  private static void element(
      AttributeWriter list,
      AddressSet set,
      InetAddress address,
      BiConsumer<AttributeWriter, InetAddress> more) {
    boolean v4 = address instanceof Inet4Address;
    if (v4 != (set.kind() == AddressSet.Kind.IPV4)) {
      throw new IllegalArgumentException(
          "set " + set.name() + " holds " + set.kind() + ", found " + address.getHostAddress());
    }
    list.nested(
        1,
        element ->
            more.accept(element.nested(1, key -> key.bytes(1, address.getAddress())), address));
  }

  private Batch add(Family family, int type, int flags, Consumer<AttributeWriter> body) {
    AttributeWriter out = new AttributeWriter().raw(header(family.number(), 0));
    body.accept(out);
    messages.add(NetlinkMessage.request((SUBSYSTEM << 8) | type, flags, out.toBytes()));
    return this;
  }

  /// `struct nfgenmsg`: family, version 0, and a resource id in network order.
  private static byte[] header(int family, int resource) {
    return new byte[] {(byte) family, 0, 0, (byte) resource};
  }
}
