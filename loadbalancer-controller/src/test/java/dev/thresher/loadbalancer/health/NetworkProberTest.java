package dev.thresher.loadbalancer.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsServer;
import dev.thresher.api.address.IpAddress;
import dev.thresher.runtime.time.SystemTimeline;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.okhttp.OkHttpServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Real sockets on the loopback interface.
@Timeout(60)
final class NetworkProberTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  private final SystemTimeline timeline = new SystemTimeline();
  private final NetworkProber prober = new NetworkProber(timeline);
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    timeline.start();
    prober.start();
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
    prober.stop();
    timeline.stop();
  }

  private static InetAddress loopback(String address) throws IOException {
    InetAddress literal = InetAddress.ofLiteral(address);
    assumeTrue(
        NetworkInterface.getByInetAddress(literal) != null, "no address " + address + " here");
    return literal;
  }

  private Outcome probe(InetAddress address, int port, Probe probe, Duration timeout)
      throws Exception {
    return begin(address, port, probe, timeout).get(40, TimeUnit.SECONDS);
  }

  private CompletableFuture<Outcome> begin(
      InetAddress address, int port, Probe probe, Duration timeout) {
    var outcome = new CompletableFuture<Outcome>();
    prober.probe(
        IpAddress.of(address),
        new Check(probe, port, 1, 1, Duration.ofSeconds(1), timeout),
        outcome::complete);
    return outcome;
  }

  private static String reason(Outcome outcome) {
    return outcome instanceof Outcome.Failed failed ? failed.reason() : outcome.toString();
  }

  private ServerSocket listen(InetAddress address) throws IOException {
    var server = new ServerSocket(0, 50, address);
    open.add(server);
    return server;
  }

  private static Probe.Http http(boolean tls, String path) {
    return new Probe.Http(tls, path, "", "", List.of(StatusRange.HEALTHY));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void tellsAListenerFromNone(String text) throws Exception {
    InetAddress address = loopback(text);
    ServerSocket server = listen(address);
    assertThat(probe(address, server.getLocalPort(), new Probe.Tcp(), LONG))
        .isEqualTo(Outcome.PASSED);
    server.close();
    assertThat(reason(probe(address, server.getLocalPort(), new Probe.Tcp(), LONG)))
        .isEqualTo("ConnectionRefused");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void whoRefusesIsReached(String text) throws Exception {
    InetAddress address = loopback(text);
    ServerSocket server = listen(address);
    int port = server.getLocalPort();
    assertThat(probe(address, port, new Probe.Reach(), LONG)).isEqualTo(Outcome.PASSED);
    server.close();
    assertThat(probe(address, port, new Probe.Reach(), LONG)).isEqualTo(Outcome.PASSED);
  }

  @Test
  void whoCannotBeReachedFails() throws Exception {
    // Of the range for documentation: refused by the kernel, by a router, or lost on the way.
    assertThat(
            reason(
                probe(
                    InetAddress.ofLiteral("2001:db8::1"),
                    80,
                    new Probe.Reach(),
                    Duration.ofMillis(300))))
        .isIn("NoRoute", "Timeout");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void judgesByTheStatus(String text) throws Exception {
    InetAddress address = loopback(text);
    HttpServer server = HttpServer.create(new InetSocketAddress(address, 0), 50);
    open.add(() -> server.stop(0));
    server.createContext(
        "/good",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.createContext(
        "/bad",
        exchange -> {
          exchange.sendResponseHeaders(503, 0);
          exchange.close();
        });
    server.start();
    int port = server.getAddress().getPort();
    assertThat(probe(address, port, http(false, "/good"), LONG)).isEqualTo(Outcome.PASSED);
    assertThat(probe(address, port, http(false, "/bad"), LONG))
        .isEqualTo(
            new Outcome.Failed(
                "UnexpectedStatus", "answered GET /bad with HTTP status 503, want 200-399"));
    assertThat(reason(probe(address, port, http(false, "/none"), LONG)))
        .isEqualTo("UnexpectedStatus");
    assertThat(reason(probe(address, port, new Probe.Grpc(false, "", ""), LONG)))
        .isIn("NotHttp2", "ConnectionClosed", "ConnectionReset");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void oneThatOnlyTakesTheConnectionIsDown(boolean tls) throws Exception {
    InetAddress address = loopback("127.0.0.1");
    ServerSocket server = listen(address);
    assertThat(probe(address, server.getLocalPort(), http(tls, "/"), Duration.ofMillis(300)))
        .isEqualTo(
            new Outcome.Failed("Timeout", "took the connection but did not answer within 0.3 s"));
  }

  @Test
  void noTlsIsNoHealthOverTls() throws Exception {
    InetAddress address = loopback("127.0.0.1");
    ServerSocket server = listen(address);
    Thread.ofVirtual()
        .start(() -> {
          try (Socket client = server.accept()) {
            client.getInputStream().read();
            client
                .getOutputStream()
                .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.getInputStream().readAllBytes()).isNotNull();
          } catch (IOException e) {
            assertThat(e).hasMessageContaining("reset");
          }
        });
    assertThat(reason(probe(address, server.getLocalPort(), http(true, "/"), LONG)))
        .isEqualTo("TlsFailed");
    assertThat(reason(probe(address, closedPort(address), http(true, "/"), LONG)))
        .isEqualTo("ConnectionRefused");
  }

  /// With a certificate that nobody here trusts; the name asks for nothing but that it is sent.
  @Test
  void asksOverTlsByName() throws Exception {
    InetAddress address = loopback("127.0.0.1");
    HttpsServer server = HttpsServer.create(new InetSocketAddress(address, 0), 50);
    open.add(() -> server.stop(0));
    server.setHttpsConfigurator(new HttpsConfigurator(serverTls()));
    var names = new CopyOnWriteArrayList<String>();
    server.createContext(
        "/good",
        exchange -> {
          var session = (ExtendedSSLSession) ((HttpsExchange) exchange).getSSLSession();
          session
              .getRequestedServerNames()
              .forEach(name -> names.add(new String(name.getEncoded(), StandardCharsets.US_ASCII)));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    int port = server.getAddress().getPort();
    var named = new Probe.Http(true, "/good", "", "app.example", List.of(StatusRange.HEALTHY));
    assertThat(probe(address, port, named, LONG)).isEqualTo(Outcome.PASSED);
    assertThat(probe(address, port, http(true, "/good"), LONG)).isEqualTo(Outcome.PASSED);
    assertThat(names).containsExactly("app.example");
    assertThat(reason(probe(address, port, http(true, "/bad"), LONG)))
        .isEqualTo("UnexpectedStatus");
  }

  /// The health service of grpc-java, over HTTP/2 with prior knowledge or agreed on by ALPN.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void asksAGrpcServer(boolean tls) throws Exception {
    InetAddress address = loopback("127.0.0.1");
    ServerCredentials credentials =
        tls
            ? TlsServerCredentials.newBuilder().keyManager(keyManagers()).build()
            : InsecureServerCredentials.create();
    var health = new HealthStatusManager();
    Server server =
        OkHttpServerBuilder.forPort(new InetSocketAddress(address, 0), credentials)
            .addService(health.getHealthService())
            .build()
            .start();
    open.add(server::shutdownNow);
    int port = server.getPort();
    health.setStatus("up", ServingStatus.SERVING);
    health.setStatus("down", ServingStatus.NOT_SERVING);
    String[] names = tls ? new String[] {"", "app.example"} : new String[] {""};
    for (String name : names) {
      // The server as a whole serves while nothing else is said.
      assertThat(probe(address, port, new Probe.Grpc(tls, "", name), LONG))
          .isEqualTo(Outcome.PASSED);
      assertThat(probe(address, port, new Probe.Grpc(tls, "up", name), LONG))
          .isEqualTo(Outcome.PASSED);
      assertThat(probe(address, port, new Probe.Grpc(tls, "down", name), LONG))
          .isEqualTo(
              new Outcome.Failed(
                  "NotServing", "answered /grpc.health.v1.Health/Check with NOT_SERVING"));
      assertThat(probe(address, port, new Probe.Grpc(tls, "none", name), LONG))
          .isEqualTo(
              new Outcome.Failed(
                  "NotServing",
                  "ended /grpc.health.v1.Health/Check without an answer: it has no health service,"
                      + " or none named \"none\""));
    }
    health.enterTerminalState();
    assertThat(reason(probe(address, port, new Probe.Grpc(tls, "", ""), LONG)))
        .isEqualTo("NotServing");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGrpcServerWithoutHealthServiceIsDown(boolean tls) throws Exception {
    InetAddress address = loopback("127.0.0.1");
    ServerCredentials credentials =
        tls
            ? TlsServerCredentials.newBuilder().keyManager(keyManagers()).build()
            : InsecureServerCredentials.create();
    Server server =
        OkHttpServerBuilder.forPort(new InetSocketAddress(address, 0), credentials).build().start();
    open.add(server::shutdownNow);
    assertThat(reason(probe(address, server.getPort(), new Probe.Grpc(tls, "", ""), LONG)))
        .isEqualTo("NotServing");
  }

  private static SSLContext serverTls() throws GeneralSecurityException, IOException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers(), null, null);
    return context;
  }

  private static KeyManager[] keyManagers() throws GeneralSecurityException, IOException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = NetworkProberTest.class.getResourceAsStream("/tls/server.p12")) {
      keys.load(in, "test".toCharArray());
    }
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, "test".toCharArray());
    return managers.getKeyManagers();
  }

  /// Both kinds of silence: the one takes connections, the other is full and not even that.
  @Test
  void whoKeepsSilentOverTlsHoldsUpNobody() throws Exception {
    InetAddress address = loopback("127.0.0.1");
    ServerSocket silent = new ServerSocket(0, 500, address);
    open.add(silent);
    ServerSocket full = new ServerSocket(0, 1, address);
    open.add(full);
    HttpsServer server = HttpsServer.create(new InetSocketAddress(address, 0), 500);
    open.add(() -> server.stop(0));
    server.setHttpsConfigurator(new HttpsConfigurator(serverTls()));
    server.createContext(
        "/good",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    var waiting = new ArrayList<CompletableFuture<Outcome>>();
    for (int i = 0; i < 200; i++) {
      waiting.add(begin(address, silent.getLocalPort(), http(true, "/good"), LONG));
      waiting.add(begin(address, full.getLocalPort(), http(true, "/good"), LONG));
    }
    for (int i = 0; i < 20; i++) {
      assertThat(probe(address, server.getAddress().getPort(), http(true, "/good"), LONG))
          .isEqualTo(Outcome.PASSED);
    }
    // So nobody above has waited for the end of one of these.
    assertThat(waiting).noneMatch(CompletableFuture::isDone);
  }

  private static int closedPort(InetAddress address) throws IOException {
    try (var server = new ServerSocket(0, 1, address)) {
      return server.getLocalPort();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void asksByDatagram(String text) throws Exception {
    InetAddress address = loopback(text);
    var server = new DatagramSocket(0, address);
    open.add(server);
    Thread.ofVirtual().start(() -> echo(server));
    int port = server.getLocalPort();
    assertThat(probe(address, port, udp("ping", ""), LONG)).isEqualTo(Outcome.PASSED);
    assertThat(probe(address, port, udp("ping", "pi"), LONG)).isEqualTo(Outcome.PASSED);
    assertThat(reason(probe(address, port, udp("ping", "pong"), LONG)))
        .isEqualTo("UnexpectedAnswer");
    assertThat(reason(probe(address, port, udp("mute", ""), Duration.ofMillis(300))))
        .isEqualTo("Timeout");
    int closed;
    try (var gone = new DatagramSocket(0, address)) {
      closed = gone.getLocalPort();
    }
    assertThat(reason(probe(address, closed, udp("ping", ""), LONG)))
        .isEqualTo("ConnectionRefused");
  }

  private static Probe udp(String payload, String answer) {
    return new Probe.Udp(base64(payload), base64(answer));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  /// Gives back what it gets, but for `mute`.
  private static void echo(DatagramSocket socket) {
    try {
      while (true) {
        var packet = new DatagramPacket(new byte[100], 100);
        socket.receive(packet);
        if (packet.getData()[0] != 'm') {
          socket.send(packet);
        }
      }
    } catch (IOException e) {
      assertThat(socket.isClosed()).as(e.toString()).isTrue();
    }
  }

  @Test
  void manyAtATimeAllEnd() throws Exception {
    InetAddress address = loopback("127.0.0.1");
    ServerSocket server = listen(address);
    int silent = server.getLocalPort();
    int closed = closedPort(address);
    var outcomes = new ArrayList<CompletableFuture<Outcome>>();
    for (int i = 0; i < SocketLoop.MOST + 500; i++) {
      var outcome = new CompletableFuture<Outcome>();
      outcomes.add(outcome);
      prober.probe(
          IpAddress.of(address),
          new Check(
              i % 50 == 0 ? http(false, "/") : new Probe.Tcp(),
              i % 50 == 0 ? silent : closed,
              1,
              1,
              Duration.ofSeconds(1),
              Duration.ofMillis(500)),
          outcome::complete);
    }
    for (CompletableFuture<Outcome> outcome : outcomes) {
      assertThat(reason(outcome.get(30, TimeUnit.SECONDS))).isIn("ConnectionRefused", "Timeout");
    }
    assertThat(prober.problem()).isEmpty();
  }
}
