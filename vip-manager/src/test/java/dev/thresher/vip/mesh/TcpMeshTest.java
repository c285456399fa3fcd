package dev.thresher.vip.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.common.net.InetAddresses;
import dev.thresher.runtime.lifecycle.Lifecycle;
import dev.thresher.runtime.metrics.Metrics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TcpMeshTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private final List<AutoCloseable> open = new ArrayList<>();
  private final Metrics metrics = new Metrics();
  private final BlockingQueue<MeshEvent> heardByA = new LinkedBlockingQueue<>();

  private TcpMesh mesh(String node, String process, int port, String... addresses)
      throws IOException {
    List<InetAddress> at = new ArrayList<>();
    for (String address : addresses) {
      at.add(InetAddress.getByName(address));
    }
    TcpMesh mesh =
        new TcpMesh(node, process, () -> at, port, TcpMesh.Greetings.PLAIN, new Metrics());
    open.add(mesh::stop);
    return mesh;
  }

  private TcpMesh a() throws IOException, InterruptedException {
    TcpMesh a =
        new TcpMesh(
            "a",
            "pa",
            () -> List.of(InetAddress.getLoopbackAddress()),
            0,
            TcpMesh.Greetings.PLAIN,
            metrics);
    open.add(a::stop);
    a.onEvent(heardByA::add);
    a.start();
    return a;
  }

  private static MeshEvent died(String node, String process) {
    return new MeshEvent.Died(node, process, InetAddress.getLoopbackAddress());
  }

  private MeshEvent next() throws InterruptedException {
    MeshEvent event = heardByA.poll(SOON.toMillis(), TimeUnit.MILLISECONDS);
    assertThat(event).as("an event within " + SOON).isNotNull();
    return Objects.requireNonNull(event);
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void greetsTellsAndProvesTheEnd(String address) throws Exception {
    TcpMesh a = a();
    TcpMesh b = mesh("b", "pb", 0, address);
    BlockingQueue<MeshEvent> heardByB = new LinkedBlockingQueue<>();
    b.onEvent(heardByB::add);
    b.start();
    a.peers(Map.of("b", b.endpoints()));
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 0));
    b.session(17);
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 17));
    a.announce(5);
    assertThat(heardByB.poll(SOON.toMillis(), TimeUnit.MILLISECONDS))
        .isEqualTo(new MeshEvent.RecordAt("a", 5));
    long stopped = System.nanoTime();
    b.stop();
    assertThat(next()).isEqualTo(new MeshEvent.Died("b", "pb", InetAddress.getByName(address)));
    assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(SOON);
  }

  @Test
  void aRestartedPeerIsGreetedAsAnother() throws Exception {
    TcpMesh a = a();
    TcpMesh b = mesh("b", "pb", 0, "127.0.0.1");
    b.start();
    int port = b.endpoints().getFirst().getPort();
    a.peers(Map.of("b", b.endpoints()));
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 0));
    b.stop();
    assertThat(next()).isEqualTo(died("b", "pb"));
    TcpMesh again = mesh("b", "pb2", port, "127.0.0.1");
    again.start();
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb2", 0));
  }

  @Test
  void aSecondInstanceOnThePortIsRefused() throws Exception {
    TcpMesh a = a();
    TcpMesh second = mesh("a", "p2", a.endpoints().getFirst().getPort(), "127.0.0.1");
    assertThatThrownBy(second::start)
        .hasMessageContaining("Is another vip-manager running on this node")
        .hasMessageContaining("--mesh-port");
  }

  /// An address that nobody has here.
  private static final String ABSENT = "192.0.2.1";

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static InetSocketAddress at(String address, int port) throws IOException {
    return new InetSocketAddress(InetAddress.getByName(address), port);
  }

  /// One whose node's addresses are as the test says.
  private TcpMesh follows(List<String> addresses, int port) {
    TcpMesh mesh =
        new TcpMesh(
            "n",
            "p",
            () -> addresses.stream().map(InetAddresses::forString).toList(),
            port,
            TcpMesh.Greetings.PLAIN,
            new Metrics());
    open.add(mesh::stop);
    return mesh;
  }

  @Test
  void itsStartWaitsUntilTheNodeHasAnAddress() throws Exception {
    List<String> addresses = new CopyOnWriteArrayList<>();
    int port = freePort();
    TcpMesh mesh = follows(addresses, port);
    var started =
        new FutureTask<>(() -> {
          mesh.start();
          return mesh.endpoints();
        });
    Thread starting = Thread.ofVirtual().start(started);
    await().atMost(SOON).until(() -> starting.getState() == Thread.State.TIMED_WAITING);
    assertThat(mesh.problem()).hasValueSatisfying(why -> assertThat(why).contains("no address"));
    // It may be named before it is there.
    addresses.add(ABSENT);
    mesh.look();
    await()
        .atMost(SOON)
        .until(() -> mesh.problem().filter(why -> why.contains(ABSENT)).isPresent());
    assertThat(started.isDone()).isFalse();
    addresses.add("127.0.0.1");
    mesh.look();
    // Sooner than it would say again that it waits.
    assertThat(started.get(8, TimeUnit.SECONDS)).containsExactly(at("127.0.0.1", port));
    assertThat(mesh.problem()).isEmpty();
    try (Socket peer = new Socket()) {
      peer.connect(at("127.0.0.1", port));
    }
  }

  @Test
  void whoeverStopsItDoesNotWaitForAnAddress() throws Exception {
    Lifecycle program = Lifecycle.of(follows(List.of(), 0));
    var started = new FutureTask<>(program::start);
    Thread starting = Thread.ofPlatform().start(started);
    await().atMost(SOON).until(() -> starting.getState() == Thread.State.TIMED_WAITING);
    assertThat(program.stop()).isTrue();
    assertThat(started.get(SOON.toSeconds(), TimeUnit.SECONDS)).isFalse();
  }

  /// A refusal there would be proof of its death.
  @Test
  void itListensOnWhatComesLaterAndNeverCeasesTo() throws Exception {
    List<String> addresses = new CopyOnWriteArrayList<>(List.of("127.0.0.1"));
    int port = freePort();
    TcpMesh mesh = follows(addresses, port);
    BlockingQueue<List<InetSocketAddress>> moves = new LinkedBlockingQueue<>();
    mesh.onMove(() -> moves.add(mesh.endpoints()));
    mesh.start();
    addresses.addAll(List.of(ABSENT, "127.0.0.2"));
    mesh.look();
    assertThat(moves.poll(SOON.toSeconds(), TimeUnit.SECONDS))
        .containsExactly(at("127.0.0.1", port), at("127.0.0.2", port));
    addresses.removeFirst();
    mesh.look();
    assertThat(moves.poll(SOON.toSeconds(), TimeUnit.SECONDS))
        .containsExactly(at("127.0.0.2", port));
    addresses.removeLast();
    mesh.look();
    addresses.addLast("127.0.0.3");
    mesh.look();
    assertThat(moves.poll(SOON.toSeconds(), TimeUnit.SECONDS))
        .as("where it was found before is better than nowhere")
        .containsExactly(at("127.0.0.3", port));
    // The first greeting says that the loop has looked since, and let go of what it had closed.
    for (String address : List.of("127.0.0.3", "127.0.0.2", "127.0.0.1")) {
      try (Socket peer = new Socket()) {
        peer.connect(at(address, port));
        peer.setSoTimeout((int) SOON.toMillis());
        assertThat(peer.getInputStream().read()).as(address).isNotNegative();
      }
    }
  }

  @Test
  void somebodyElseOnALaterAddressIsSaid() throws Exception {
    List<String> addresses = new CopyOnWriteArrayList<>(List.of("127.0.0.1"));
    TcpMesh mesh = follows(addresses, freePort());
    mesh.start();
    try (ServerSocket other =
        new ServerSocket(
            mesh.endpoints().getFirst().getPort(), 1, InetAddress.getByName("127.0.0.2"))) {
      addresses.add("127.0.0.2");
      mesh.look();
      await().atMost(SOON).until(() -> mesh.problem().isPresent());
      assertThat(mesh.problem().orElseThrow())
          .contains("127.0.0.2 port " + other.getLocalPort())
          .contains("Is another vip-manager running on this node?");
    }
    mesh.look();
    await().atMost(SOON).until(() -> mesh.problem().isEmpty());
    assertThat(mesh.endpoints()).hasSize(2);
  }

  /// Nobody knows whether the suspect ever listened on the new one.
  @Test
  void aSuspectIsLookedForWhereItWasAlsoIfItsAddressesChange() throws Exception {
    TcpMesh a = a();
    InetAddress here = InetAddress.getLoopbackAddress();
    InetSocketAddress nobody = at("127.0.0.1", freePort());
    try (ServerSocket server = new ServerSocket(0, 10, here)) {
      InetSocketAddress known = (InetSocketAddress) server.getLocalSocketAddress();
      a.peers(Map.of("b", List.of(known)));
      try (Socket socket = server.accept()) {
        say(socket, new MeshMessage.Hello(1, "b", "pb", 4));
        assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 4));
        a.peers(Map.of("b", List.of(nobody, known)));
        say(socket, new MeshMessage.Hello(1, "b", "pb", 5));
        assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 5));
      }
      try (Socket socket = server.accept()) {
        say(socket, new MeshMessage.Hello(1, "b", "pb", 6));
        assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 6));
      }
    }
    assertThat(next()).isEqualTo(died("b", "pb"));
  }

  @Test
  void aConnectionCutInBetweenIsNoDeath() throws Exception {
    TcpMesh a = a();
    try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      a.peers(Map.of("b", List.of((InetSocketAddress) server.getLocalSocketAddress())));
      for (int i = 0; i < 3; i++) {
        try (Socket socket = server.accept()) {
          say(socket, new MeshMessage.Hello(1, "b", "pb", 4));
          assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 4));
        }
      }
      try (Socket socket = server.accept()) {
        say(socket, new MeshMessage.Hello(1, "b", "pb", 4));
        assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 4));
      }
    }
    assertThat(next()).isEqualTo(died("b", "pb"));
  }

  @Test
  void aResetBeforeTheGreetingIsADeath() throws Exception {
    TcpMesh a = a();
    try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      a.peers(Map.of("b", List.of((InetSocketAddress) server.getLocalSocketAddress())));
      try (Socket socket = server.accept()) {
        say(socket, new MeshMessage.Hello(1, "b", "pb", 4));
        assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 4));
      }
      Socket reset = server.accept();
      reset.setSoLinger(true, 0);
      reset.close();
      assertThat(next()).isEqualTo(died("b", "pb"));
    }
  }

  @Test
  void garbageDropsTheConnectionAndIsCounted() throws Exception {
    TcpMesh a = a();
    try (Socket socket = new Socket()) {
      socket.connect(a.endpoints().getFirst());
      socket.setSoTimeout((int) SOON.toMillis());
      OutputStream out = socket.getOutputStream();
      out.write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      byte[] all = readToEnd(socket);
      assertThat(MeshCodec.decode(ByteBuffer.wrap(all)))
          .contains(new MeshMessage.Hello(1, "a", "pa", 0));
    }
    assertThat(metrics.text()).contains("thresher_vip_mesh_malformed_total 1.0");
    try (Socket socket = new Socket()) {
      socket.connect(a.endpoints().getFirst());
      socket.setSoTimeout((int) SOON.toMillis());
      say(socket, new MeshMessage.RecordAt(1));
      readToEnd(socket);
    }
    assertThat(metrics.text()).contains("thresher_vip_mesh_malformed_total 2.0");
    assertThat(heardByA).isEmpty();
  }

  private static byte[] readToEnd(Socket socket) throws IOException {
    var all = new ByteArrayOutputStream();
    try {
      socket.getInputStream().transferTo(all);
    } catch (SocketException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
    return all.toByteArray();
  }

  private static void say(Socket socket, MeshMessage message) throws IOException {
    ByteBuffer bytes = MeshCodec.encode(message);
    byte[] all = new byte[bytes.remaining()];
    bytes.get(all);
    socket.getOutputStream().write(all);
  }
}
