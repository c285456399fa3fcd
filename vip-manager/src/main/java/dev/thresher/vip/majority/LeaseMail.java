package dev.thresher.vip.majority;

import dev.thresher.vip.lease.LeaseCodec;
import dev.thresher.vip.lease.LeaseMessage;
import dev.thresher.vip.sealing.Opened;
import dev.thresher.vip.sealing.Sealing;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lease messages as sealed datagrams over UDP, on the node's own addresses. Confined to one
/// thread.
///
/// A message goes to each address of its receiver: one copy is enough, and each copy is a datagram
/// with a number of its own; the second says what the first said, which does no harm.
final class LeaseMail {

  private static final Logger LOG = LoggerFactory.getLogger(LeaseMail.class);

  private final Sealing sealing;
  private final Selector selector;
  private final List<DatagramChannel> channels = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(65_536);
  private Map<String, List<InetSocketAddress>> peers = Map.of();
  private long malformed;
  private long unsent;

  LeaseMail(Sealing sealing, Selector selector) {
    this.sealing = sealing;
    this.selector = selector;
  }

  /// @throws IOException if an address cannot be bound; the message says which
  void bind(List<InetSocketAddress> endpoints) throws IOException {
    for (InetSocketAddress endpoint : endpoints) {
      DatagramChannel channel = DatagramChannel.open();
      channels.add(channel);
      try {
        channel.bind(endpoint);
      } catch (IOException e) {
        throw new IOException(
            "lease messages cannot be received on UDP "
                + endpoint
                + ": "
                + e.getMessage()
                + ". The port is set by --mesh-port",
            e);
      }
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
    }
  }

  void peers(Map<String, List<InetSocketAddress>> endpoints) {
    peers = Map.copyOf(endpoints);
  }

  /// Datagrams and messages that were not believed or not understood, by reason.
  Map<String, Long> dropped() {
    Map<String, Long> dropped = new HashMap<>();
    sealing
        .dropped()
        .forEach((reason, count) -> dropped.put(reason.name().toLowerCase(Locale.ROOT), count));
    dropped.put("unreadable", malformed);
    dropped.put("unsent", unsent);
    return dropped;
  }

  void send(String node, LeaseMessage message) {
    ByteBuffer bytes = ByteBuffer.wrap(LeaseCodec.encode(message));
    List<InetSocketAddress> endpoints = peers.getOrDefault(node, List.of());
    for (InetSocketAddress endpoint : endpoints) {
      post(sealing.seal(node, bytes.duplicate()), endpoint);
    }
  }

  /// The next message that is there.
  ///
  /// @param now for questions that are put again, monotonic nanoseconds
  Optional<LeaseMessage> receive(long now) {
    for (DatagramChannel channel : channels) {
      while (true) {
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
        Optional<LeaseMessage> message = open(from, buffer.flip(), now);
        if (message.isPresent()) {
          return message;
        }
      }
    }
    return Optional.empty();
  }

  void close() {
    for (DatagramChannel channel : channels) {
      try {
        channel.close();
      } catch (IOException e) {
        LOG.atDebug().setCause(e).log("closing a lease socket failed");
      }
    }
  }

  private Optional<LeaseMessage> open(SocketAddress from, ByteBuffer datagram, long now) {
    return switch (sealing.open(datagram, now)) {
      case Opened.Accepted(var node, var process, var payload) -> read(node, process, payload);
      case Opened.Answer(_, var answer) -> {
        post(answer, from);
        yield Optional.empty();
      }
      case Opened.Proven(var node, _) -> {
        LOG.atInfo().addKeyValue("node", node).log("lease messages of a process are believed");
        yield Optional.empty();
      }
      case Opened.Dropped _ -> Optional.empty();
    };
  }

  private Optional<LeaseMessage> read(String node, long process, ByteBuffer payload) {
    try {
      LeaseMessage message = LeaseCodec.decode(payload);
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

  private void post(ByteBuffer datagram, SocketAddress to) {
    for (DatagramChannel channel : channels) {
      try {
        if (sameFamily(channel, to)) {
          if (channel.send(datagram, to) == 0) {
            unsent++;
          }
          return;
        }
      } catch (IOException e) {
        // A link that is down, a full queue: the next heartbeat tries again.
        unsent++;
        return;
      }
    }
    unsent++;
  }

  private static boolean sameFamily(DatagramChannel channel, SocketAddress to) throws IOException {
    return channel.getLocalAddress() instanceof InetSocketAddress here
        && to instanceof InetSocketAddress there
        && here.getAddress().getClass().equals(there.getAddress().getClass());
  }
}
