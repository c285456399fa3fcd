package dev.thresher.vip.majority;

import dev.thresher.vip.lease.LeaseCodec;
import dev.thresher.vip.lease.LeaseMessage;
import dev.thresher.vip.mesh.MeshKeys;
import dev.thresher.vip.sealing.Opened;
import dev.thresher.vip.sealing.Sealing;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lease messages as sealed datagrams over UDP, on the node's own addresses. Confined to one
/// thread.
///
/// A message goes each way that there is to its receiver: one copy is enough, and each copy is a
/// datagram with a number of its own; the second says what the first said, which does no harm. A
/// long message is more datagrams than one: [Pieces].
final class LeaseMail {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseMail.class);

  /// Every how many messages that are too long it is said.
  private static final int TOO_LONG_SAID = 1_000;

  /// A message that came.
  ///
  /// @param network over which it came; empty: none that is known
  /// @param from the address it was sent from
  record Received(LeaseMessage message, String network, InetAddress from) {}

  private final Sealing sealing;
  private final MeshKeys keys;
  private final Selector selector;
  private final Consumer<String> onProof;
  private final LinkedHashMap<InetAddress, DatagramChannel> channels = new LinkedHashMap<>();
  private final Set<InetAddress> refused = new HashSet<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(65_536);
  private final Pieces pieces = new Pieces();
  private List<InetSocketAddress> own = List.of();
  private Map<String, List<Lane>> lanes = Map.of();
  private long malformed;
  private long unsent;
  private long tooLong;

  /// @param keys hears whose messages fit
  /// @param onProof hears of nodes that dropped what they were told until now, since they did not
  ///   know this process, and know it from now on
  LeaseMail(Sealing sealing, MeshKeys keys, Selector selector, Consumer<String> onProof) {
    this.sealing = sealing;
    this.keys = keys;
    this.selector = selector;
    this.onProof = onProof;
  }

  /// Listens on the node's addresses.
  ///
  /// @throws IOException if one cannot be bound; the message says which
  void bind(List<InetSocketAddress> endpoints) throws IOException {
    own = List.copyOf(endpoints);
    for (InetSocketAddress endpoint : endpoints) {
      try {
        open(endpoint);
      } catch (IOException e) {
        throw new IOException(
            "lease messages cannot be received on UDP "
                + endpoint
                + ": "
                + e.getMessage()
                + ". The port is set by --mesh-port",
            e);
      }
    }
  }

  /// The node's addresses are these now; listens there from the next [#lanes] on.
  void isAt(List<InetSocketAddress> endpoints) {
    own = List.copyOf(endpoints);
  }

  /// All ways to all nodes: listens where they begin, too.
  ///
  /// @return whether it can listen on all; if not, trying again later may help
  boolean lanes(Map<String, List<Lane>> wanted) throws IOException {
    lanes = Map.copyOf(wanted);
    pieces.retain(lanes.keySet());
    Set<InetAddress> needed = new HashSet<>();
    lanes.values().forEach(ways -> ways.forEach(lane -> needed.add(lane.here())));
    own.forEach(endpoint -> needed.add(endpoint.getAddress()));
    for (InetAddress address : List.copyOf(channels.keySet())) {
      if (!needed.contains(address)) {
        close(channels.remove(address));
      }
    }
    refused.retainAll(needed);
    for (InetAddress address : needed) {
      if (channels.containsKey(address) || own.isEmpty()) {
        continue;
      }
      try {
        open(new InetSocketAddress(address, own.getFirst().getPort()));
        refused.remove(address);
        LOG.atInfo().addKeyValue("address", address).log("lease messages are received there, too");
      } catch (IOException e) {
        if (refused.add(address)) {
          LOG.atWarn()
              .addKeyValue("address", address)
              .addKeyValue("error", e.getMessage())
              .log("lease messages cannot be received on an address of this node, trying again");
        }
      }
    }
    return refused.isEmpty();
  }

  private void open(InetSocketAddress endpoint) throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    try {
      // As much as the kernel gives, for messages of several datagrams.
      channel.setOption(StandardSocketOptions.SO_RCVBUF, LeaseCodec.LONGEST);
      channel.bind(endpoint);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channels.put(endpoint.getAddress(), channel);
  }

  /// Nodes to which there is a way.
  Set<String> nodes() {
    return lanes.keySet();
  }

  /// Datagrams and messages that were not believed or not understood, by reason.
  Map<String, Long> dropped() {
    Map<String, Long> dropped = new HashMap<>();
    sealing
        .dropped()
        .forEach((reason, count) -> dropped.put(reason.name().toLowerCase(Locale.ROOT), count));
    dropped.put("unreadable", malformed);
    dropped.put("unsent", unsent);
    dropped.put("too_long", tooLong);
    return dropped;
  }

  void send(String node, LeaseMessage message) {
    byte[] bytes;
    try {
      bytes = LeaseCodec.encode(message);
    } catch (IllegalArgumentException e) {
      // The node goes on with what it holds: to end here would take that from it, too.
      if (tooLong++ % TOO_LONG_SAID == 0) {
        LOG.atError()
            .addKeyValue("node", node)
            .addKeyValue("problem", e.getMessage())
            .log("a lease message cannot be said: a node has more addresses than one may hold");
      }
      return;
    }
    List<Lane> ways = lanes.getOrDefault(node, List.of());
    for (ByteBuffer piece : pieces.cut(bytes)) {
      for (Lane lane : ways) {
        DatagramChannel channel = channels.get(lane.here());
        if (channel == null) {
          unsent++;
        } else {
          post(channel, sealing.seal(node, piece.duplicate()), lane.there());
        }
      }
    }
  }

  /// The next message that is there; from each address in turn.
  ///
  /// @param now for questions that are put again, monotonic nanoseconds
  Optional<Received> receive(long now) {
    for (InetAddress address : List.copyOf(channels.keySet())) {
      DatagramChannel channel = channels.get(address);
      while (channel != null) {
        buffer.clear();
        SocketAddress from;
        try {
          from = channel.receive(buffer);
        } catch (IOException e) {
          LOG.atDebug().setCause(e).log("receiving lease messages failed");
          break;
        }
        if (from == null) {
          break;
        }
        Optional<LeaseMessage> message = open(channel, from, buffer.flip(), now);
        if (message.isPresent()) {
          channels.putLast(address, channel);
          return Optional.of(
              new Received(
                  message.get(),
                  network(message.get(), address, from),
                  ((InetSocketAddress) from).getAddress()));
        }
      }
    }
    return Optional.empty();
  }

  void close() {
    channels.values().forEach(LeaseMail::close);
  }

  /// Who sends from another address than the one it has in this network took another way here.
  private String network(LeaseMessage message, InetAddress here, SocketAddress from) {
    for (Lane lane : lanes.getOrDefault(message.from().node(), List.of())) {
      if (lane.here().equals(here) && lane.there().equals(from)) {
        return lane.network();
      }
    }
    return "";
  }

  private static void close(@Nullable DatagramChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      LOG.atDebug().setCause(e).log("closing a lease socket failed");
    }
  }

  private Optional<LeaseMessage> open(
      DatagramChannel channel, SocketAddress from, ByteBuffer datagram, long now) {
    return switch (sealing.open(datagram, now)) {
      case Opened.Accepted(var node, var process, var payload) -> {
        keys.fits(node);
        yield read(node, process, payload);
      }
      case Opened.Ask(_, var question) -> {
        post(channel, question, from);
        yield Optional.empty();
      }
      case Opened.Prove(var node, var proof) -> {
        post(channel, proof, from);
        onProof.accept(node);
        yield Optional.empty();
      }
      case Opened.Proven(var node, _) -> {
        LOG.atInfo().addKeyValue("node", node).log("lease messages of a process are believed");
        yield Optional.empty();
      }
      case Opened.Dropped(_, var claimed) -> {
        if (!claimed.isEmpty()) {
          keys.unfit(claimed, now);
        }
        yield Optional.empty();
      }
    };
  }

  private Optional<LeaseMessage> read(String node, long process, ByteBuffer payload) {
    try {
      Optional<ByteBuffer> whole = pieces.join(node, process, payload);
      if (whole.isEmpty()) {
        return Optional.empty();
      }
      LeaseMessage message = LeaseCodec.decode(whole.get());
      if (message.from().node().equals(node) && message.from().process() == process) {
        return Optional.of(message);
      }
      LOG.atWarn()
          .addKeyValue("sealedBy", node)
          .addKeyValue("from", message.from())
          .log("a lease message in the name of another was dropped");
    } catch (LeaseCodec.MalformedException e) {
      LOG.atWarn()
          .addKeyValue("node", node)
          .addKeyValue("problem", e.getMessage())
          .log("a lease message could not be read");
    }
    malformed++;
    return Optional.empty();
  }

  private void post(DatagramChannel channel, ByteBuffer datagram, SocketAddress to) {
    try {
      if (channel.send(datagram, to) == 0) {
        unsent++;
      }
    } catch (IOException e) {
      // A link that is down, a full queue: the next heartbeat tries again.
      unsent++;
    }
  }
}
