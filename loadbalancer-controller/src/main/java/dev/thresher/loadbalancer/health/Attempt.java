package dev.thresher.loadbalancer.health;

import dev.thresher.api.address.IpAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One probe without TLS under way on the thread of [SocketLoop], which calls every method.
///
/// Each step returns how the probe ends, or nothing while it goes on.
final class Attempt {

  private final IpAddress address;
  private final Check check;
  private final Consumer<Outcome> outcome;
  private final @Nullable Conversation conversation;
  private @Nullable SelectableChannel channel;
  private @Nullable SelectionKey key;
  private ByteBuffer out = ByteBuffer.allocate(0);
  private boolean connected;
  TimerWheel.@Nullable Timer<Attempt> deadline;

  Attempt(IpAddress address, Check check, Consumer<Outcome> outcome) {
    this.address = address;
    this.check = check;
    this.outcome = outcome;
    this.conversation =
        switch (check.probe()) {
          case Probe.Tcp _, Probe.Udp _, Probe.Reach _ -> null;
          case Probe.Http http -> new HttpConversation(http, address, check.port());
          case Probe.Grpc grpc -> new GrpcConversation(grpc, address, check.port());
        };
  }

  Check check() {
    return check;
  }

  Optional<Outcome> begin(Selector selector) throws IOException {
    var peer = new InetSocketAddress(address.inet(), check.port());
    if (check.probe() instanceof Probe.Udp udp) {
      DatagramChannel datagrams = DatagramChannel.open();
      channel = datagrams;
      datagrams.configureBlocking(false);
      // Connected, so that an ICMP error comes back as an error of the socket.
      datagrams.connect(peer);
      datagrams.write(ByteBuffer.wrap(Base64.getDecoder().decode(udp.payload())));
      key = datagrams.register(selector, SelectionKey.OP_READ, this);
      return Optional.empty();
    }
    SocketChannel stream = SocketChannel.open();
    channel = stream;
    stream.configureBlocking(false);
    stream.setOption(StandardSocketOptions.TCP_NODELAY, true);
    // Closing resets: a port in TIME_WAIT for every probe would be a hundred thousand of them.
    stream.setOption(StandardSocketOptions.SO_LINGER, 0);
    if (stream.connect(peer)) {
      return established(stream, selector);
    }
    key = stream.register(selector, SelectionKey.OP_CONNECT, this);
    return Optional.empty();
  }

  /// @param buffer to read into; its content means nothing before and after
  Optional<Outcome> ready(Selector selector, ByteBuffer buffer) throws IOException {
    if (channel instanceof DatagramChannel datagrams) {
      buffer.clear();
      return datagrams.read(buffer) < 0 ? Optional.empty() : datagram(buffer.flip());
    }
    if (!(channel instanceof SocketChannel stream)) {
      return Optional.empty();
    }
    if (!connected) {
      return stream.finishConnect() ? established(stream, selector) : Optional.empty();
    }
    if (out.hasRemaining()) {
      return write(stream, selector);
    }
    return read(stream, buffer);
  }

  private Optional<Outcome> established(SocketChannel stream, Selector selector)
      throws IOException {
    connected = true;
    if (conversation == null) {
      return Optional.of(Outcome.PASSED);
    }
    out = ByteBuffer.wrap(conversation.greeting());
    return write(stream, selector);
  }

  private Optional<Outcome> write(SocketChannel stream, Selector selector) throws IOException {
    stream.write(out);
    int interest = out.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ;
    if (key == null) {
      key = stream.register(selector, interest, this);
    } else {
      key.interestOps(interest);
    }
    return Optional.empty();
  }

  private Optional<Outcome> read(SocketChannel stream, ByteBuffer buffer) throws IOException {
    if (conversation == null) {
      return Optional.of(Outcome.PASSED);
    }
    buffer.clear();
    if (stream.read(buffer) < 0) {
      return Optional.of(conversation.closed());
    }
    return conversation.received(buffer.flip());
  }

  private Optional<Outcome> datagram(ByteBuffer received) {
    if (!(check.probe() instanceof Probe.Udp udp)) {
      return Optional.empty();
    }
    byte[] wanted = Base64.getDecoder().decode(udp.answer());
    byte[] begin = new byte[Math.min(wanted.length, received.remaining())];
    received.get(begin);
    return Optional.of(
        Arrays.equals(wanted, begin)
            ? Outcome.PASSED
            : new Outcome.Failed(
                "UnexpectedAnswer", "answered a datagram that does not begin as udpAnswer does"));
  }

  /// What a call that failed means.
  Outcome fault(IOException cause) {
    Outcome outcome = Faults.of(cause);
    return check.probe() instanceof Probe.Reach && Faults.isAnswer(outcome)
        ? Outcome.PASSED
        : outcome;
  }

  Outcome timeout() {
    return Faults.timeout(check.timeout(), connected);
  }

  /// Releases the socket and tells how the probe ended.
  ///
  /// @throws IOException if the socket cannot be closed, after the outcome was told
  void end(Outcome result) throws IOException {
    try (SelectableChannel open = channel) {
      channel = null;
    } finally {
      outcome.accept(result);
    }
  }
}
