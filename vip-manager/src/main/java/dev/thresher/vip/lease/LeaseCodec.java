package dev.thresher.vip.lease;

import dev.thresher.vip.election.AddressGroup;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Lease messages as bytes: one byte of kind, then the fields in network order; a text is two bytes
/// of length and UTF-8, an address one byte of length (4 or 16) and its octets, a list two bytes of
/// count and its entries. What follows the last field is ignored, so that a later format can add
/// fields.
public final class LeaseCodec {

  /// Longest message in bytes.
  public static final int LONGEST = 960_000;

  /// Most addresses in one set: the IPv6 ones of as many still fit, also if all are refused, and
  /// the names of their holders.
  public static final int MOST_ADDRESSES = 20_000;

  private static final byte HEARTBEAT = 1;
  private static final byte OFFER = 2;
  private static final byte ACK = 3;
  private static final byte NEED_OFFER = 4;
  private static final byte FREED = 5;
  private static final byte VOTERS = 6;
  private static final byte NEED_VOTERS = 7;
  private static final byte ALIVE = 8;
  private static final byte HOLDS = 9;
  private static final byte MISSES = 10;
  private static final byte HAND_OVER = 11;
  private static final byte IN_LINE = 12;
  private static final byte HEARS = 13;

  private LeaseCodec() {}

  /// The bytes are no message of ours.
  public static final class MalformedException extends Exception {
    public MalformedException(String message) {
      super(message);
    }
  }

  /// @throws IllegalArgumentException if the message would be longer than [#LONGEST]
  public static byte[] encode(LeaseMessage message) {
    SortedSet<String> holders = holders(message);
    ByteBuffer out = ByteBuffer.allocate(size(message, holders));
    switch (message) {
      case LeaseMessage.Heartbeat(
              var from,
              var round,
              var record,
              var lease,
              var set,
              var digest,
              var footing) -> {
        session(out.put(HEARTBEAT), from);
        mark(out.putLong(round), record);
        out.putLong(lease).putLong(set).putLong(digest).put(octet(footing));
      }
      case LeaseMessage.Offer(var from, var set) -> {
        session(out.put(OFFER), from);
        epochs(out.putLong(set.version()), set.epochs());
      }
      case LeaseMessage.Ack(var from, var to, var round, var record, var set, var refusals) -> {
        session(out.put(ACK), from);
        session(out, to);
        mark(out.putLong(round), record);
        refusals(out.putLong(set), holders, refusals);
      }
      case LeaseMessage.NeedOffer(var from, var to, var set) -> {
        session(out.put(NEED_OFFER), from);
        session(out, to);
        out.putLong(set);
      }
      case LeaseMessage.Freed(var from, var to, var epochs) -> {
        session(out.put(FREED), from);
        session(out, to);
        epochs(out, epochs);
      }
      case LeaseMessage.HandOver(var from, var epochs) -> {
        session(out.put(HAND_OVER), from);
        epochs(out, epochs);
      }
      case LeaseMessage.InLine(var from, var to, var epochs) -> {
        session(out.put(IN_LINE), from);
        session(out, to);
        epochs(out, epochs);
      }
      case LeaseMessage.Alive(var from) -> session(out.put(ALIVE), from);
      case LeaseMessage.Holds(var from, var version, var epochs, var condition) -> {
        session(out.put(HOLDS), from);
        epochs(out.putLong(version).put(octet(condition)), epochs);
      }
      case LeaseMessage.Hears(var from, var version, var processes) -> {
        session(out.put(HEARS), from);
        size(out.putLong(version), processes.size());
        processes.forEach((node, process) -> session(out, new Session(node, process)));
      }
      case LeaseMessage.Misses(var from, var version, var missing) -> {
        session(out.put(MISSES), from);
        size(out.putLong(version), missing.size());
        missing.forEach((network, nodes) -> {
          text(out, network);
          size(out, nodes.size());
          nodes.forEach(node -> text(out, node));
        });
      }
      case LeaseMessage.Voters(var from, var record) -> {
        session(out.put(VOTERS), from);
        record(out, record);
      }
      case LeaseMessage.NeedVoters(var from, var known) -> {
        session(out.put(NEED_VOTERS), from);
        mark(out, known);
      }
    }
    return out.array().length == out.position()
        ? out.array()
        : Arrays.copyOf(out.array(), out.position());
  }

  /// Reads one message.
  public static LeaseMessage decode(ByteBuffer in) throws MalformedException {
    try {
      byte kind = in.get();
      Session from = session(in);
      return switch (kind) {
        case HEARTBEAT ->
            new LeaseMessage.Heartbeat(
                from,
                in.getLong(),
                mark(in),
                in.getLong(),
                in.getLong(),
                in.getLong(),
                // An earlier format ends before.
                in.hasRemaining() ? footing(in.get()) : LeaseMessage.Footing.HEARSAY);
        case OFFER -> {
          long version = in.getLong();
          yield new LeaseMessage.Offer(from, OfferedSet.of(version, epochs(in)));
        }
        case ACK ->
            new LeaseMessage.Ack(
                from, session(in), in.getLong(), mark(in), in.getLong(), refusals(in));
        case NEED_OFFER -> new LeaseMessage.NeedOffer(from, session(in), in.getLong());
        case FREED -> new LeaseMessage.Freed(from, session(in), epochs(in));
        case HAND_OVER -> new LeaseMessage.HandOver(from, epochs(in));
        case IN_LINE -> new LeaseMessage.InLine(from, session(in), epochs(in));
        case ALIVE -> new LeaseMessage.Alive(from);
        case HOLDS -> {
          long version = in.getLong();
          LeaseMessage.Condition condition = condition(in.get());
          yield new LeaseMessage.Holds(from, version, epochs(in), condition);
        }
        case HEARS -> new LeaseMessage.Hears(from, in.getLong(), processes(in));
        case MISSES -> new LeaseMessage.Misses(from, in.getLong(), missing(in));
        case VOTERS -> new LeaseMessage.Voters(from, record(in));
        case NEED_VOTERS -> new LeaseMessage.NeedVoters(from, mark(in));
        default -> throw new MalformedException("no message is of kind " + kind);
      };
    } catch (BufferUnderflowException e) {
      throw new MalformedException("the message ends too early");
    } catch (IllegalArgumentException e) {
      throw new MalformedException(String.valueOf(e.getMessage()));
    }
  }

  /// At least as many bytes as the message takes.
  ///
  /// @param holders of what it refuses
  private static int size(LeaseMessage message, SortedSet<String> holders) {
    int entries =
        switch (message) {
          case LeaseMessage.Offer offer -> offer.set().epochs().size() * 25;
          case LeaseMessage.Holds holds -> holds.epochs().size() * 25;
          case LeaseMessage.Freed freed -> freed.epochs().size() * 25;
          case LeaseMessage.HandOver over -> over.epochs().size() * 25;
          case LeaseMessage.InLine inLine -> inLine.epochs().size() * 25;
          case LeaseMessage.Ack ack ->
              ack.refusals().size() * 35
                  + holders.stream().mapToInt(name -> 2 + name.length() * 3).sum();
          case LeaseMessage.Hears hears ->
              hears.processes().keySet().stream().mapToInt(node -> 10 + node.length() * 3).sum();
          case LeaseMessage.Misses misses ->
              misses.missing().entrySet().stream()
                  .mapToInt(entry ->
                      4
                          + entry.getKey().length() * 3
                          + entry.getValue().stream().mapToInt(n -> 2 + n.length() * 3).sum())
                  .sum();
          case LeaseMessage.Voters voters ->
              voters.record().voters().stream().mapToInt(name -> 2 + name.length() * 3).sum();
          case LeaseMessage.Heartbeat _,
              LeaseMessage.Alive _,
              LeaseMessage.NeedOffer _,
              LeaseMessage.NeedVoters _ ->
              0;
        };
    int size = 1_700 + entries;
    if (size > LONGEST) {
      throw new IllegalArgumentException(
          "a lease message has at most " + LONGEST + " bytes, this one would have " + size);
    }
    return size;
  }

  private static byte octet(LeaseMessage.Condition condition) {
    return (byte)
        switch (condition) {
          case WELL -> 0;
          case LEAVING -> 1;
          case DEAF -> 2;
        };
  }

  private static LeaseMessage.Condition condition(byte octet) throws MalformedException {
    return switch (octet) {
      case 0 -> LeaseMessage.Condition.WELL;
      case 1 -> LeaseMessage.Condition.LEAVING;
      case 2 -> LeaseMessage.Condition.DEAF;
      default -> throw new MalformedException("condition must be 0 to 2, found " + octet);
    };
  }

  private static byte octet(LeaseMessage.Footing footing) {
    return (byte)
        switch (footing) {
          case HEARSAY -> 0;
          case SILENT -> 1;
          case READY -> 2;
        };
  }

  private static LeaseMessage.Footing footing(byte octet) throws MalformedException {
    return switch (octet) {
      case 0 -> LeaseMessage.Footing.HEARSAY;
      case 1 -> LeaseMessage.Footing.SILENT;
      case 2 -> LeaseMessage.Footing.READY;
      default -> throw new MalformedException("footing must be 0 to 2, found " + octet);
    };
  }

  private static void session(ByteBuffer out, Session session) {
    text(out, session.node());
    out.putLong(session.process());
  }

  private static Session session(ByteBuffer in) throws MalformedException {
    return new Session(text(in), in.getLong());
  }

  private static void mark(ByteBuffer out, RecordMark mark) {
    out.putLong(mark.cluster()).putLong(mark.version());
  }

  private static RecordMark mark(ByteBuffer in) {
    return new RecordMark(in.getLong(), in.getLong());
  }

  private static void record(ByteBuffer out, VoterRecord record) {
    mark(out, record.mark());
    size(out, record.voters().size());
    record.voters().forEach(voter -> text(out, voter));
    out.put((byte) (record.witness() ? 1 : 0));
    out.putLong(record.leaseNanos()).putLong(record.longestNanos());
  }

  private static VoterRecord record(ByteBuffer in) throws MalformedException {
    RecordMark mark = mark(in);
    SortedSet<String> voters = new TreeSet<>();
    for (int left = count(in, 2); left > 0; left--) {
      voters.add(text(in));
    }
    boolean witness = in.get() != 0;
    return new VoterRecord(
        mark.cluster(),
        mark.version(),
        voters,
        witness,
        Duration.ofNanos(in.getLong()),
        Duration.ofNanos(in.getLong()));
  }

  /// Holders' names once each, since one holds many: then each refusal with the place of its name.
  private static void refusals(ByteBuffer out, SortedSet<String> holders, List<Refusal> refusals) {
    Map<String, Integer> places = new HashMap<>();
    size(out, holders.size());
    for (String holder : holders) {
      places.put(holder, places.size());
      text(out, holder);
    }
    size(out, refusals.size());
    for (Refusal refusal : refusals) {
      address(out, refusal.address());
      size(out, Objects.requireNonNull(places.get(refusal.holder())));
      out.putLong(refusal.epoch()).putLong(refusal.leftNanos());
    }
  }

  private static SortedSet<String> holders(LeaseMessage message) {
    SortedSet<String> holders = new TreeSet<>();
    if (message instanceof LeaseMessage.Ack ack) {
      ack.refusals().forEach(refusal -> holders.add(refusal.holder()));
    }
    return holders;
  }

  private static List<Refusal> refusals(ByteBuffer in) throws MalformedException {
    List<String> holders = new ArrayList<>();
    for (int left = count(in, 2); left > 0; left--) {
      holders.add(text(in));
    }
    List<Refusal> refusals = new ArrayList<>();
    for (int left = count(in, 23); left > 0; left--) {
      InetAddress address = address(in);
      int place = Short.toUnsignedInt(in.getShort());
      if (place >= holders.size()) {
        throw new MalformedException("holder " + place + " of " + holders.size());
      }
      refusals.add(new Refusal(address, holders.get(place), in.getLong(), in.getLong()));
    }
    return refusals;
  }

  private static SortedMap<String, Long> processes(ByteBuffer in) throws MalformedException {
    SortedMap<String, Long> processes = new TreeMap<>();
    for (int left = count(in, 10); left > 0; left--) {
      Session session = session(in);
      processes.put(session.node(), session.process());
    }
    return processes;
  }

  private static SortedMap<String, SortedSet<String>> missing(ByteBuffer in)
      throws MalformedException {
    SortedMap<String, SortedSet<String>> missing = new TreeMap<>();
    for (int left = count(in, 4); left > 0; left--) {
      SortedSet<String> nodes = new TreeSet<>();
      missing.put(text(in), nodes);
      for (int names = count(in, 2); names > 0; names--) {
        nodes.add(text(in));
      }
    }
    return missing;
  }

  private static void epochs(ByteBuffer out, Map<InetAddress, Long> epochs) {
    size(out, epochs.size());
    epochs.forEach((address, epoch) -> {
      address(out, address);
      out.putLong(epoch);
    });
  }

  private static SortedMap<InetAddress, Long> epochs(ByteBuffer in) throws MalformedException {
    SortedMap<InetAddress, Long> epochs = new TreeMap<>(AddressGroup.ORDER);
    for (int left = count(in, 13); left > 0; left--) {
      epochs.put(address(in), in.getLong());
    }
    return epochs;
  }

  private static void size(ByteBuffer out, int count) {
    out.putShort((short) count);
  }

  /// @param least bytes that an entry has at least: a count that cannot be true is not believed
  private static int count(ByteBuffer in, int least) throws MalformedException {
    int count = Short.toUnsignedInt(in.getShort());
    if (count * least > in.remaining()) {
      throw new MalformedException(count + " entries in " + in.remaining() + " bytes");
    }
    return count;
  }

  private static void address(ByteBuffer out, InetAddress address) {
    byte[] octets = address.getAddress();
    out.put((byte) octets.length).put(octets);
  }

  private static InetAddress address(ByteBuffer in) throws MalformedException {
    int length = in.get();
    if (length != 4 && length != 16) {
      throw new MalformedException("an address has 4 or 16 octets, found " + length);
    }
    byte[] octets = new byte[length];
    in.get(octets);
    try {
      InetAddress address = InetAddress.getByAddress(octets);
      if (address.getAddress().length != length) {
        throw new MalformedException("an IPv4 address must not be written as an IPv6 one");
      }
      return address;
    } catch (UnknownHostException e) {
      throw new MalformedException("no address: " + e.getMessage());
    }
  }

  private static void text(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 253) {
      throw new IllegalArgumentException(
          "a node's name has at most 253 bytes, found " + bytes.length + ": " + text);
    }
    out.putShort((short) bytes.length).put(bytes);
  }

  private static String text(ByteBuffer in) throws MalformedException {
    int length = Short.toUnsignedInt(in.getShort());
    if (length > 253 || length > in.remaining()) {
      throw new MalformedException(
          "text of " + length + " bytes where " + in.remaining() + " are left, 253 at most");
    }
    ByteBuffer bytes = in.slice(in.position(), length);
    in.position(in.position() + length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedException("text is not UTF-8");
    }
  }
}
