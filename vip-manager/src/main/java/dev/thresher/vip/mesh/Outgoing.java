package dev.thresher.vip.mesh;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The connection that this node keeps to one peer: [PeerLink] with a socket. Confined to the
/// mesh's thread.
final class Outgoing {

  private static final long PING_NANOS = 1_000_000_000L;
  private static final long SILENCE_NANOS = 5_000_000_000L;

  private final TcpMesh mesh;
  final String node;
  private List<InetSocketAddress> endpoints;
  private int endpoint;
  private PeerLink.State state = PeerLink.INITIAL;
  private @Nullable Wire wire;
  private @Nullable SocketChannel dialling;

  /// The address dialled last: what says that a process is dead follows a dial.
  private @Nullable InetAddress dialled;

  private @Nullable Handshake handshake;
  private long timerAt;
  private boolean timerSet;
  private long heardAt;
  private long pingAt;
  private long pings;

  Outgoing(TcpMesh mesh, String node, List<InetSocketAddress> endpoints, long now) {
    this.mesh = mesh;
    this.node = node;
    this.endpoints = endpoints;
    timerAt = now;
    timerSet = true;
  }

  boolean connected() {
    return state instanceof PeerLink.State.Connected;
  }

  /// The peer says something new about itself: worth a try at once.
  void endpoints(List<InetSocketAddress> changed, long now) {
    if (!changed.equals(endpoints)) {
      // On the address that is spoken to, if it is still one, a suspect may be found alive.
      int same = endpoints.isEmpty() ? -1 : changed.indexOf(target());
      endpoints = changed;
      endpoint = Math.max(0, same);
    }
    if (state instanceof PeerLink.State.Waiting) {
      timerAt = now;
      timerSet = true;
    }
  }

  /// When [#tick] wants to be called.
  long nextTick() {
    long next = connected() ? pingAt : Long.MAX_VALUE;
    return timerSet ? Math.min(next, timerAt) : next;
  }

  void tick(long now) {
    if (timerSet && now - timerAt >= 0) {
      timerSet = false;
      if (mesh.proves() && state instanceof PeerLink.State.Greeting) {
        mesh.unproven(node, Handshake.Reason.NOT_GREETED, now);
      }
      apply(new PeerLink.Event.Timer(), now);
    }
    if (!connected() || now - pingAt < 0) {
      return;
    }
    pingAt = now + PING_NANOS;
    if (now - heardAt > SILENCE_NANOS) {
      // Proves nothing, but a connection through which nothing comes is of no use.
      apply(new PeerLink.Event.Closed(), now);
    } else {
      send(new MeshMessage.Ping(++pings), now);
    }
  }

  void send(MeshMessage message, long now) {
    Wire open = wire;
    if (open == null) {
      return;
    }
    try {
      if (!open.send(message)) {
        apply(new PeerLink.Event.Closed(), now);
      }
    } catch (IOException e) {
      apply(lost(open, e), now);
    }
  }

  /// Tells what is to be said after the greeting, which a proof may still hold back.
  void tell(MeshMessage message, long now) {
    if (connected() || !mesh.proves()) {
      send(message, now);
    }
  }

  void ready(SelectionKey key, long now) {
    if (dialling != null && key.isValid() && key.isConnectable()) {
      finishDial(dialling, key, now);
    }
    Wire open = wire;
    if (open == null || !open.key.equals(key) || !key.isValid()) {
      return;
    }
    try {
      if (key.isWritable()) {
        open.flush();
      }
      if (key.isReadable()) {
        read(open, now);
      }
    } catch (IOException e) {
      apply(lost(open, e), now);
    } catch (MeshCodec.MalformedException e) {
      mesh.malformed(node, e);
      apply(new PeerLink.Event.Closed(), now);
    } catch (Handshake.UnprovenException e) {
      mesh.unproven(node, e.reason, now);
      apply(new PeerLink.Event.Unproven(), now);
    }
  }

  void close() {
    timerSet = false;
    drop();
  }

  private void read(Wire open, long now)
      throws IOException, MeshCodec.MalformedException, Handshake.UnprovenException {
    Wire.Read read = open.read();
    for (MeshMessage message : read.messages()) {
      hear(message, now);
      if (wire != open) {
        return;
      }
    }
    if (read.cut()) {
      throw new MeshCodec.MalformedException("the connection ended in the middle of a frame");
    }
    if (read.ended()) {
      apply(new PeerLink.Event.Closed(), now);
    }
  }

  private void hear(MeshMessage message, long now)
      throws MeshCodec.MalformedException, Handshake.UnprovenException {
    heardAt = now;
    switch (message) {
      case MeshMessage.Hello hello -> {
        wantNode(hello.node());
        if (mesh.proves()) {
          throw new Handshake.UnprovenException(Handshake.Reason.PLAIN);
        }
        apply(new PeerLink.Event.Hello(hello.process(), hello.session()), now);
      }
      case MeshMessage.Challenge challenge -> challenged(challenge, now);
      case MeshMessage.Proven greeting -> believe(greeting, now);
      case MeshMessage.RecordAt(var version) -> mesh.report(new MeshEvent.RecordAt(node, version));
      case MeshMessage.Ping(var number) -> send(new MeshMessage.Pong(number), now);
      case MeshMessage.Pong _ -> {}
    }
  }

  private void wantNode(String name) throws MeshCodec.MalformedException {
    if (!name.equals(node)) {
      throw new MeshCodec.MalformedException("want node " + node + " there, found " + name);
    }
  }

  private void challenged(MeshMessage.Challenge challenge, long now)
      throws MeshCodec.MalformedException {
    Handshake shaking = handshake;
    if (shaking == null || mesh.seal().isEmpty()) {
      // Of a node that has keys, to one that has none: the greeting that comes next is missed.
      return;
    }
    wantNode(challenge.node());
    shaking.challenged(challenge);
    send(shaking.prove(mesh.hello(), mesh.seal().get()), now);
  }

  private void believe(MeshMessage.Proven greeting, long now)
      throws MeshCodec.MalformedException, Handshake.UnprovenException {
    Handshake shaking = handshake;
    if (shaking == null || mesh.seal().isEmpty()) {
      return;
    }
    MeshMessage.Hello hello = greeting.hello();
    wantNode(hello.node());
    shaking.believe(greeting, mesh.seal().get());
    apply(new PeerLink.Event.Hello(hello.process(), hello.session()), now);
  }

  private void apply(PeerLink.Event event, long now) {
    boolean before = connected();
    PeerLink.Step step = PeerLink.step(state, event);
    state = step.state();
    for (PeerLink.Action action : step.actions()) {
      switch (action) {
        case PeerLink.Action.Dial() -> dial(now);
        case PeerLink.Action.Close() -> drop();
        case PeerLink.Action.SetTimer(var delay) -> {
          timerAt = now + delay.toNanos();
          timerSet = true;
        }
        case PeerLink.Action.ReportDeath(var process) -> {
          TcpMesh.LOG
              .atInfo()
              .addKeyValue("node", node)
              .addKeyValue("process", process)
              .log("peer process is dead");
          mesh.report(new MeshEvent.Died(node, process, Objects.requireNonNull(dialled)));
        }
        case PeerLink.Action.ReportGreeting(var process, var session) -> {
          heardAt = now;
          pingAt = now + PING_NANOS;
          timerSet = false;
          mesh.report(new MeshEvent.Greeted(node, process, session));
        }
      }
    }
    if (before != connected()) {
      TcpMesh.LOG
          .atDebug()
          .addKeyValue("node", node)
          .addKeyValue("connected", connected())
          .log("mesh connection changed");
    }
  }

  private InetSocketAddress target() {
    return endpoints.get(endpoint % endpoints.size());
  }

  private void dial(long now) {
    drop();
    // While a process is suspect only the address that it listened on can say something about it.
    if (state instanceof PeerLink.State.Dialling(var suspect, var tries)
        && suspect.isEmpty()
        && tries > 0) {
      endpoint++;
    }
    if (endpoints.isEmpty() || (mesh.proves() && mesh.seal().isEmpty())) {
      apply(new PeerLink.Event.Unreachable(), now);
      return;
    }
    InetSocketAddress target = target();
    dialled = target.getAddress();
    try {
      SocketChannel channel = SocketChannel.open();
      dialling = channel;
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      boolean done = channel.connect(target);
      SelectionKey key = channel.register(mesh.selector(), SelectionKey.OP_CONNECT, this);
      if (done) {
        finishDial(channel, key, now);
      } else {
        timerAt = now + PeerLink.GREETING_TIMEOUT.toNanos();
        timerSet = true;
      }
    } catch (IOException e) {
      apply(refused(e) ? new PeerLink.Event.Refused() : new PeerLink.Event.Unreachable(), now);
    }
  }

  private void finishDial(SocketChannel channel, SelectionKey key, long now) {
    try {
      if (!channel.finishConnect()) {
        return;
      }
      key.interestOps(SelectionKey.OP_READ);
      Wire open = new Wire(channel, key);
      wire = open;
      dialling = null;
      apply(new PeerLink.Event.Open(), now);
      if (mesh.proves()) {
        handshake = mesh.handshake(Handshake.Side.DIALLED, mesh.seal().orElseThrow());
        open.send(handshake.challenge());
      } else {
        open.send(mesh.hello());
      }
    } catch (IOException e) {
      // A reset right after the connection was made may show up here or at the first write.
      PeerLink.Event event;
      if (wire != null) {
        event = lost(wire, e);
      } else {
        event =
            reset(e)
                ? new PeerLink.Event.Reset()
                : refused(e) ? new PeerLink.Event.Refused() : new PeerLink.Event.Unreachable();
        drop();
      }
      apply(event, now);
    }
  }

  private void drop() {
    handshake = null;
    if (wire != null) {
      wire.close();
      wire = null;
    }
    if (dialling != null) {
      try {
        dialling.close();
      } catch (IOException e) {
        TcpMesh.LOG.atDebug().setCause(e).log("closing a mesh connection failed");
      }
      dialling = null;
    }
  }

  /// The JDK tells a refusal from a timeout by the message alone.
  private static boolean refused(IOException e) {
    return e instanceof ConnectException
        && e.getMessage() != null
        && e.getMessage().contains("refused");
  }

  private static PeerLink.Event lost(Wire open, IOException e) {
    return reset(e) && !open.spoken() ? new PeerLink.Event.Reset() : new PeerLink.Event.Closed();
  }

  /// `EPIPE` follows a reset whose own error was consumed already.
  private static boolean reset(IOException e) {
    String message = e.getMessage();
    return message != null && (message.contains("reset") || message.contains("Broken pipe"));
  }
}
