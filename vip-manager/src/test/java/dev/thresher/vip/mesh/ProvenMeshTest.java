package dev.thresher.vip.mesh;

import static dev.thresher.vip.mesh.HandshakeTest.ring;
import static dev.thresher.vip.mesh.HandshakeTest.seal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.vip.mesh.TcpMesh.Greetings;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// [TcpMesh] where greetings are proven. Node a is the one that is watched.
class ProvenMeshTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final List<AutoCloseable> open = new ArrayList<>();
  private final Metrics metrics = new Metrics();
  private final BlockingQueue<MeshEvent> heardByA = new LinkedBlockingQueue<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  private TcpMesh mesh(String node, String process, int port, Greetings greetings, Metrics numbers)
      throws IOException {
    TcpMesh mesh =
        new TcpMesh(
            node,
            process,
            () -> List.of(InetAddress.getLoopbackAddress()),
            port,
            greetings,
            numbers);
    open.add(mesh::stop);
    return mesh;
  }

  private TcpMesh a(String keys) throws IOException, InterruptedException {
    TcpMesh a = mesh("a", "pa", 0, Greetings.PROVEN, metrics);
    a.onEvent(heardByA::add);
    a.start();
    a.keys(ring(keys));
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

  private static void counted(Metrics metrics, String reason, int atLeast) {
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(count(metrics, reason)).isGreaterThanOrEqualTo(atLeast));
  }

  private static double count(Metrics metrics, String reason) {
    String name = "thresher_vip_mesh_unproven_total{reason=\"" + reason + "\"} ";
    return metrics
        .text()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .sum();
  }

  /// One end of a connection, by hand.
  private final class End implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;

    End(Socket socket) throws IOException {
      this.socket = socket;
      socket.setSoTimeout((int) SOON.toMillis());
      in = new DataInputStream(socket.getInputStream());
      open.add(this);
    }

    void say(ByteBuffer bytes) throws IOException {
      byte[] all = new byte[bytes.remaining()];
      bytes.get(all);
      socket.getOutputStream().write(all);
    }

    void say(MeshMessage message) throws IOException {
      say(MeshCodec.encode(message));
    }

    <M extends MeshMessage> M hear(Class<M> kind) throws Exception {
      byte[] frame = new byte[in.readUnsignedShort()];
      in.readFully(frame);
      ByteBuffer bytes = ByteBuffer.allocate(2 + frame.length);
      bytes.putShort((short) frame.length).put(frame).flip();
      return kind.cast(MeshCodec.decode(bytes).orElseThrow());
    }

    /// The challenges of both.
    Handshake challenge(String keys) throws Exception {
      Handshake shaking = new Handshake(Handshake.Side.ACCEPTED, "b", seal(keys), RANDOM);
      say(shaking.challenge());
      shaking.challenged(hear(MeshMessage.Challenge.class));
      return shaking;
    }

    /// Accepted as node b, with the keys that it has.
    void greet(String process, String keys) throws Exception {
      Handshake shaking = challenge(keys);
      shaking.believe(hear(MeshMessage.Proven.class), seal(keys));
      say(shaking.prove(new MeshMessage.Hello(1, "b", process, 4), seal(keys)));
    }

    void untilClosed() throws IOException {
      try {
        in.readAllBytes();
      } catch (SocketException reset) {
        assertThat(reset).hasMessageContaining("reset");
      }
      socket.close();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private End dial(TcpMesh mesh) throws IOException {
    InetSocketAddress at = mesh.endpoints().getFirst();
    return new End(new Socket(at.getAddress(), at.getPort()));
  }

  /// Somebody who listens where node a looks for node b.
  private ServerSocket listener(TcpMesh a) throws IOException {
    ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    open.add(server);
    a.peers(Map.of("b", List.of((InetSocketAddress) server.getLocalSocketAddress())));
    return server;
  }

  /// Node a knows process pb, and its connection to it has just ended.
  private void suspectPb(ServerSocket server) throws Exception {
    try (End end = new End(server.accept())) {
      end.greet("pb", "1");
      assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 4));
    }
  }

  /// What was done until now convinced nobody of a death.
  private void stillLives(ServerSocket server) throws Exception {
    End end = new End(server.accept());
    end.greet("pb", "1");
    assertThat(next()).as("no death before").isEqualTo(new MeshEvent.Greeted("b", "pb", 4));
  }

  @Test
  void greetsTellsAndProvesTheEnd() throws Exception {
    TcpMesh a = a("1");
    Metrics ofB = new Metrics();
    TcpMesh b = mesh("b", "pb", 0, Greetings.PROVEN, ofB);
    BlockingQueue<MeshEvent> heardByB = new LinkedBlockingQueue<>();
    b.onEvent(heardByB::add);
    b.start();
    int port = b.endpoints().getFirst().getPort();
    b.keys(ring("1 2"));
    a.peers(Map.of("b", b.endpoints()));
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 0));
    b.session(17);
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 17));
    a.announce(5);
    assertThat(heardByB.poll(SOON.toMillis(), TimeUnit.MILLISECONDS))
        .isEqualTo(new MeshEvent.RecordAt("a", 5));
    b.stop();
    assertThat(next()).isEqualTo(died("b", "pb"));
    TcpMesh again = mesh("b", "pb2", port, Greetings.PROVEN, new Metrics());
    again.start();
    again.keys(ring("2 1"));
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb2", 0));
    assertThat(metrics.text() + ofB.text()).doesNotContain("mesh_unproven_total{");
  }

  @Test
  void anotherProcessThatProvesItselfIsAProofOfDeath() throws Exception {
    ServerSocket server = listener(a("1"));
    suspectPb(server);
    new End(server.accept()).greet("px", "1");
    assertThat(next()).isEqualTo(died("b", "pb"));
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "px", 4));
  }

  @Test
  void aPlainGreetingProvesNothing() throws Exception {
    ServerSocket server = listener(a("1"));
    suspectPb(server);
    End impostor = new End(server.accept());
    impostor.say(new MeshMessage.Hello(1, "b", "px", 4));
    impostor.untilClosed();
    counted(metrics, "plain", 1);
    stillLives(server);
  }

  @Test
  void aForgedGreetingProvesNothing() throws Exception {
    ServerSocket server = listener(a("1"));
    suspectPb(server);
    End impostor = new End(server.accept());
    Handshake shaking = impostor.challenge("1");
    MeshMessage.Proven guessed =
        new MeshMessage.Proven(
            new MeshMessage.Hello(1, "b", "px", 4),
            1,
            shaking.prove(new MeshMessage.Hello(1, "b", "pb", 4), seal("1")).proof());
    impostor.say(guessed);
    impostor.untilClosed();
    counted(metrics, "forged", 1);
    End stranger = new End(server.accept());
    stranger.say(stranger.challenge("9").prove(new MeshMessage.Hello(1, "b", "px", 4), seal("9")));
    stranger.untilClosed();
    counted(metrics, "unknown_key", 1);
    stillLives(server);
  }

  @Test
  void aReplayedGreetingProvesNothing() throws Exception {
    ServerSocket server = listener(a("1"));
    // Another process of b, as it was recorded with its challenge.
    Handshake recorded;
    MeshMessage.Proven greeting;
    try (End end = new End(server.accept())) {
      recorded = end.challenge("1");
      greeting = recorded.prove(new MeshMessage.Hello(1, "b", "px", 4), seal("1"));
      end.say(greeting);
      assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "px", 4));
      end.say(greeting);
      end.untilClosed();
      counted(metrics, "forged", 1);
    }
    new End(server.accept()).greet("pb", "1");
    assertThat(next()).isEqualTo(died("b", "px"));
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 4));
    open.removeLast().close();
    End replayed = new End(server.accept());
    replayed.say(recorded.challenge());
    replayed.say(greeting);
    replayed.untilClosed();
    counted(metrics, "forged", 2);
    stillLives(server);
  }

  @Test
  void aTruncatedGreetingProvesNothing() throws Exception {
    ServerSocket server = listener(a("1"));
    suspectPb(server);
    try (End impostor = new End(server.accept())) {
      ByteBuffer whole =
          MeshCodec.encode(
              impostor.challenge("1").prove(new MeshMessage.Hello(1, "b", "px", 4), seal("1")));
      impostor.say(whole.slice(0, whole.remaining() - 1));
      impostor.hear(MeshMessage.Proven.class);
    }
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(metrics.text()).contains("thresher_vip_mesh_malformed_total 1.0"));
    stillLives(server);
  }

  @Test
  void aProcessThatDropsTheConnectionAfterAWordIsNotDead() throws Exception {
    ServerSocket server = listener(a("1"));
    suspectPb(server);
    End end = new End(server.accept());
    end.challenge("1");
    end.hear(MeshMessage.Proven.class);
    end.socket.setSoLinger(true, 0);
    end.close();
    stillLives(server);
  }

  @Test
  void aResetWithoutAWordIsADeath() throws Exception {
    ServerSocket server = listener(a("1"));
    suspectPb(server);
    Socket reset = server.accept();
    reset.setSoLinger(true, 0);
    reset.close();
    assertThat(next()).isEqualTo(died("b", "pb"));
  }

  @Test
  void whoHasNoKeyTellsNothing() throws Exception {
    TcpMesh a = a("1");
    End plain = dial(a);
    plain.say(new MeshMessage.Hello(1, "b", "pb", 4));
    plain.say(new MeshMessage.RecordAt(7));
    plain.untilClosed();
    counted(metrics, "plain", 1);
    End early = dial(a);
    Handshake shaking = new Handshake(Handshake.Side.DIALLED, "b", seal("1"), RANDOM);
    early.say(shaking.challenge());
    shaking.challenged(early.hear(MeshMessage.Challenge.class));
    early.say(new MeshMessage.RecordAt(7));
    early.untilClosed();
    assertThat(metrics.text()).contains("thresher_vip_mesh_malformed_total 1.0");
    assertThat(heardByA).isEmpty();
  }

  @Test
  void whoStaysSilentIsDroppedAndIsNoDeath() throws Exception {
    TcpMesh a = a("1");
    End dialled = dial(a);
    ServerSocket server = listener(a);
    suspectPb(server);
    End accepted = new End(server.accept());
    accepted.hear(MeshMessage.Challenge.class);
    accepted.untilClosed();
    counted(metrics, "not_greeted", 1);
    stillLives(server);
    dialled.hear(MeshMessage.Challenge.class);
    dialled.untilClosed();
    counted(metrics, "not_greeted", 2);
  }

  @Test
  void aKeyThatComesLaterIsEnough() throws Exception {
    TcpMesh a = a("1");
    Metrics ofB = new Metrics();
    TcpMesh b = mesh("b", "pb", 0, Greetings.PROVEN, ofB);
    b.start();
    b.keys(ring("2"));
    a.peers(Map.of("b", b.endpoints()));
    counted(ofB, "unknown_key", 1);
    assertThat(heardByA).isEmpty();
    a.keys(ring("1 2"));
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 0));
    // Connections that are proven outlast their key.
    a.keys(ring("2 3"));
    b.keys(ring("3"));
    b.session(5);
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 5));
  }

  @Test
  void nothingIsSaidBeforeThereAreKeys() throws Exception {
    TcpMesh a = mesh("a", "pa", 0, Greetings.PROVEN, metrics);
    a.onEvent(heardByA::add);
    a.start();
    TcpMesh b = mesh("b", "pb", 0, Greetings.PROVEN, new Metrics());
    b.start();
    End end = dial(b);
    a.peers(Map.of("b", b.endpoints()));
    a.keys(ring("1"));
    b.keys(ring("1"));
    assertThat(next()).isEqualTo(new MeshEvent.Greeted("b", "pb", 0));
    assertThat(end.hear(MeshMessage.Challenge.class).node()).isEqualTo("b");
  }

  @Test
  void withAndWithoutKeysDoNotMix() throws Exception {
    TcpMesh a = a("1");
    TcpMesh plain = mesh("b", "pb", 0, Greetings.PLAIN, new Metrics());
    BlockingQueue<MeshEvent> heardByB = new LinkedBlockingQueue<>();
    plain.onEvent(heardByB::add);
    plain.start();
    a.peers(Map.of("b", plain.endpoints()));
    plain.peers(Map.of("a", a.endpoints()));
    // Each dials the other, and a finds no proof either way.
    counted(metrics, "plain", 4);
    assertThat(heardByA).isEmpty();
    assertThat(heardByB).isEmpty();
    assertThatThrownBy(() -> plain.keys(ring("1"))).isInstanceOf(IllegalStateException.class);
  }
}
