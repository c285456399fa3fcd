package dev.thresher.vip.mesh;

import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.vip.linux.Scheduling;
import dev.thresher.vip.sealing.GreetingSeal;
import dev.thresher.vip.sealing.Keyring;
import io.prometheus.metrics.core.metrics.Counter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// The mesh over TCP: one thread, one selector.
///
/// It listens on the node's own addresses only, and exclusively: a second vip-manager on the node
/// fails to start. Addresses may come later; it never ceases to listen on one. The listening socket
/// is closed before the connections, so that a peer that notices the end and tries again is
/// refused.
public final class TcpMesh implements Mesh, Component {

  static final Logger LOG = LoggerFactory.getLogger(TcpMesh.class);

  private static final int MAX_INCOMING = 2048;
  private static final long SWEEP_NANOS = 5_000_000_000L;

  /// Peers without the right keys come back every two seconds, and strangers as often as they like:
  /// the log hears of it so often at most, the metric each time.
  private static final long COMPLAIN_NANOS = 10_000_000_000L;

  private static final Duration WAITING_SAID = Duration.ofSeconds(10);

  /// Whether peers must prove who they are.
  public enum Greetings {
    /// Whoever says who it is is believed.
    PLAIN,
    /// A greeting counts with a proof only, see [Handshake]. Nobody is spoken to before there are
    /// [Mesh#keys].
    PROVEN
  }

  private final String node;
  private final String process;
  private final Supplier<List<InetAddress>> addresses;
  private final Greetings greetings;
  private final SecureRandom nonces = new SecureRandom();
  private final Counter malformed;
  private final Counter unproven;

  private final List<Consumer<MeshEvent>> listeners = new CopyOnWriteArrayList<>();
  private final Queue<Consumer<Long>> tasks = new ConcurrentLinkedQueue<>();
  private volatile int connectedPeers;
  private volatile boolean stopping;
  private volatile boolean listening;
  private final List<Runnable> moves = new CopyOnWriteArrayList<>();

  /// Whether there may be other addresses than at the last look; for the start, which waits for it.
  private final Semaphore news = new Semaphore(0);

  /// The starting thread's, then the loop's.
  private final Listeners servers;

  // The loop's own.
  private final Map<String, Outgoing> outgoing = new HashMap<>();
  private final Set<Incoming> incoming = new HashSet<>();
  private @Nullable Selector selector;
  private @Nullable Thread loop;
  private long session;
  private long sweepAt;
  private Optional<GreetingSeal> seal = Optional.empty();
  private boolean complained;
  private long complainedAt;

  /// @param process random name of this process, see [MeshMessage.Hello]
  /// @param addresses the node's addresses to listen on, asked for at the start, when it may block,
  ///   and at each [#look]
  /// @param port 0 for any
  public TcpMesh(
      String node,
      String process,
      Supplier<List<InetAddress>> addresses,
      int port,
      Greetings greetings,
      Metrics metrics) {
    this.node = node;
    this.process = process;
    this.addresses = addresses;
    this.servers = new Listeners(port);
    this.greetings = greetings;
    this.malformed =
        metrics.counter(
            "thresher_vip_mesh_malformed_total",
            "Connections dropped because of bytes that are no frames of the mesh.");
    this.unproven =
        metrics.counter(
            "thresher_vip_mesh_unproven_total",
            "Connections dropped because the peer did not prove its greeting, by reason.",
            "reason");
    metrics.gauge(
        "thresher_vip_mesh_connected_peers",
        "Peers to which a connection is open and greeted.",
        () -> connectedPeers);
  }

  @Override
  public String name() {
    return "mesh";
  }

  @Override
  public List<InetSocketAddress> endpoints() {
    return servers.endpoints();
  }

  @Override
  public void onMove(Runnable listener) {
    moves.add(listener);
  }

  /// What keeps this node from being found by the others, for people.
  public Optional<String> problem() {
    return servers.problem();
  }

  /// The node's addresses may be others now. Does not block.
  public void look() {
    if (!listening) {
      news.drainPermits();
      news.release();
    } else if (!servers.areOn(addresses.get())) {
      submit(_ -> listenAgain());
    }
  }

  @Override
  public void onEvent(Consumer<MeshEvent> listener) {
    listeners.add(listener);
  }

  /// Waits until the node has an address to listen on: nobody could prove the death of a process
  /// that listens nowhere.
  @Override
  public void start() throws IOException, InterruptedException {
    Selector opened = Selector.open();
    selector = opened;
    while (!listen(opened)) {
      LOG.atWarn()
          .addKeyValue("problem", problem().orElse(""))
          .log("the mesh waits for an address of this node");
      // Whether something is new or only the time over, it is looked again.
      boolean _ = news.tryAcquire(WAITING_SAID.toSeconds(), TimeUnit.SECONDS);
    }
    LOG.atInfo().addKeyValue("endpoints", endpoints()).log("mesh listens");
    listening = true;
    submit(_ -> listenAgain());
    loop = Thread.ofPlatform().name("vip-mesh").daemon(true).start(() -> run(opened));
  }

  /// @return whether it listens anywhere
  private boolean listen(Selector opened) throws IOException {
    servers.listen(addresses.get(), opened);
    Optional<String> taken = servers.taken();
    if (taken.isPresent()) {
      throw new IOException(taken.get());
    }
    return !endpoints().isEmpty();
  }

  /// Peers hear of addresses once this node listens there.
  private void listenAgain() {
    boolean moved = servers.listen(addresses.get(), selector());
    servers
        .taken()
        .ifPresent(
            problem -> LOG.atError().addKeyValue("problem", problem).log("mesh does not listen"));
    if (moved) {
      LOG.atInfo().addKeyValue("endpoints", endpoints()).log("mesh listens elsewhere now");
      moves.forEach(Runnable::run);
    }
  }

  @Override
  public void stop() {
    stopping = true;
    Selector open = selector;
    Thread running = loop;
    if (open != null) {
      open.wakeup();
    }
    if (running == null) {
      closeAll();
      return;
    }
    try {
      running.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void peers(Map<String, List<InetSocketAddress>> wanted) {
    Map<String, List<InetSocketAddress>> copy = Map.copyOf(wanted);
    submit(now -> {
      outgoing
          .entrySet()
          .removeIf(entry -> {
            boolean gone = !copy.containsKey(entry.getKey());
            if (gone) {
              entry.getValue().close();
            }
            return gone;
          });
      copy.forEach((peer, at) -> {
        Outgoing known = outgoing.get(peer);
        if (known == null) {
          outgoing.put(peer, new Outgoing(this, peer, at, now));
        } else {
          known.endpoints(at, now);
        }
      });
    });
  }

  @Override
  public void session(long number) {
    submit(now -> {
      session = number;
      List.copyOf(incoming).forEach(Incoming::greetAgain);
    });
  }

  @Override
  public void keys(Keyring ring) {
    if (!proves()) {
      throw new IllegalStateException("this mesh proves nothing, so it has no use for keys");
    }
    submit(now -> {
      seal = Optional.of(new GreetingSeal(ring));
      List.copyOf(incoming).forEach(connection -> connection.begin(now));
    });
  }

  @Override
  public void announce(long version) {
    submit(now -> {
      var message = new MeshMessage.RecordAt(version);
      outgoing.values().forEach(connection -> connection.tell(message, now));
    });
  }

  boolean proves() {
    return greetings == Greetings.PROVEN;
  }

  /// What greetings are sealed with, once there are keys.
  Optional<GreetingSeal> seal() {
    return seal;
  }

  Handshake handshake(Handshake.Side side, GreetingSeal with) {
    return new Handshake(side, node, with, nonces);
  }

  MeshMessage.Hello hello() {
    return new MeshMessage.Hello(MeshCodec.FORMAT, node, process, session);
  }

  Selector selector() {
    Selector open = selector;
    if (open == null) {
      throw new IllegalStateException("the mesh has not been started");
    }
    return open;
  }

  void report(MeshEvent event) {
    for (Consumer<MeshEvent> listener : listeners) {
      listener.accept(event);
    }
  }

  void malformed(String from, MeshCodec.MalformedException e) {
    malformed.inc();
    LOG.atWarn()
        .addKeyValue("from", from)
        .addKeyValue("problem", e.getMessage())
        .log("mesh connection dropped");
  }

  /// Somebody did not prove that it is who it says it is.
  void unproven(String from, Handshake.Reason reason, long now) {
    String label = reason.name().toLowerCase(Locale.ROOT);
    unproven.labelValues(label).inc();
    boolean loud = !complained || now - complainedAt >= COMPLAIN_NANOS;
    if (loud) {
      complained = true;
      complainedAt = now;
    }
    LOG.atLevel(loud ? Level.WARN : Level.DEBUG)
        .addKeyValue("from", from)
        .addKeyValue("reason", label)
        .log("mesh connection dropped: its greeting is not proven");
  }

  void forget(Incoming connection) {
    incoming.remove(connection);
  }

  private void submit(Consumer<Long> task) {
    tasks.add(task);
    Selector open = selector;
    if (open != null) {
      open.wakeup();
    }
  }

  private void run(Selector selector) {
    // The end of a connection is proof of death, and somebody waits for it.
    Scheduling.shortSlices();
    try {
      while (!stopping) {
        turn(selector);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the mesh's selector failed", e);
    } finally {
      closeAll();
    }
  }

  private void turn(Selector selector) throws IOException {
    long now = System.nanoTime();
    for (Consumer<Long> task = tasks.poll(); task != null; task = tasks.poll()) {
      task.accept(now);
    }
    long next = sweepAt == 0 ? now : sweepAt;
    if (now - next >= 0) {
      sweepAt = now + SWEEP_NANOS;
      List.copyOf(incoming).forEach(connection -> connection.sweep(now));
    }
    long wake = sweepAt;
    for (Outgoing connection : outgoing.values()) {
      connection.tick(now);
      wake = Math.min(wake, connection.nextTick());
    }
    connectedPeers = (int) outgoing.values().stream().filter(Outgoing::connected).count();
    if (!tasks.isEmpty() || stopping) {
      return;
    }
    long millis = Math.max(0, (wake - System.nanoTime() + 999_999) / 1_000_000);
    if (millis == 0) {
      selector.selectNow();
    } else {
      selector.select(millis);
    }
    long after = System.nanoTime();
    for (SelectionKey key : List.copyOf(selector.selectedKeys())) {
      if (!key.isValid()) {
        continue;
      }
      switch (key.attachment()) {
        case Outgoing connection -> connection.ready(key, after);
        case Incoming connection -> connection.ready(key, after);
        case null, default -> accept((ServerSocketChannel) key.channel(), after);
      }
    }
    selector.selectedKeys().clear();
  }

  private void accept(ServerSocketChannel server, long now) {
    try {
      SocketChannel channel = server.accept();
      if (channel != null) {
        greet(channel, now);
      }
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("accepting a mesh connection failed");
    }
  }

  private void greet(SocketChannel channel, long now) throws IOException {
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      // What cannot be judged before there are keys is not read before.
      boolean deaf = proves() && seal.isEmpty();
      SelectionKey key = channel.register(selector(), deaf ? 0 : SelectionKey.OP_READ);
      Incoming connection = new Incoming(this, new Wire(channel, key), now);
      key.attach(connection);
      incoming.add(connection);
      // Before anything else, also before a refusal: a connection that is reset without a word
      // counts as a death.
      connection.begin(now);
      if (incoming.size() > MAX_INCOMING) {
        LOG.atWarn().addKeyValue("connections", MAX_INCOMING).log("mesh has too many connections");
        connection.close();
      }
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private void closeAll() {
    servers.close();
    Selector open = selector;
    try {
      if (open != null && open.isOpen()) {
        // A registered channel is really closed only when the selector looks again.
        open.selectNow();
      }
      outgoing.values().forEach(Outgoing::close);
      List.copyOf(incoming).forEach(Incoming::close);
      if (open != null) {
        open.close();
      }
    } catch (IOException e) {
      LOG.atDebug().setCause(e).log("closing the mesh's selector failed");
    }
  }
}
