package dev.thresher.loadbalancer.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.loadbalancer.webhook.WebhookServer.Hook;
import dev.thresher.runtime.tls.CertificateAuthority;
import dev.thresher.runtime.tls.CertifiedKey;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WebhookServerTest {

  private final Instant now = Instant.now();
  private final CertifiedKey authority = authority();

  private final AtomicReference<CertifiedKey> key = new AtomicReference<>(issue(authority));
  private final CountDownLatch never = new CountDownLatch(1);
  private WebhookServer server;

  private CertifiedKey authority() {
    return CertificateAuthority.create(
        "ca" + Math.abs(System.nanoTime()), now.minusSeconds(60), now.plusSeconds(600));
  }

  private CertifiedKey issue(CertifiedKey issuer) {
    return CertificateAuthority.issue(
        issuer, List.of("hook.svc", "127.0.0.1"), now.minusSeconds(60), now.plusSeconds(600));
  }

  @BeforeEach
  void open() throws IOException {
    Hook echo = new Hook(100, question -> question);
    Hook malformed =
        new Hook(
            100,
            question -> {
              throw new MalformedException("request.uid: want one");
            });
    Hook unready =
        new Hook(
            100,
            question -> {
              throw new WebhookServer.UnreadyException("caches");
            });
    Hook broken =
        new Hook(
            100,
            question -> {
              throw new IllegalStateException("bug");
            });
    Hook slow =
        new Hook(
            100,
            question -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return question;
            });
    server =
        WebhookServer.open(
            "127.0.0.1",
            0,
            key::get,
            Map.of(
                "/echo", echo,
                "/malformed", malformed,
                "/unready", unready,
                "/broken", broken,
                "/slow", slow),
            Duration.ofMillis(300));
  }

  @AfterEach
  void close() {
    never.countDown();
    server.close();
  }

  private static HttpClient trusting(X509Certificate... authorities) throws Exception {
    return HttpClient.newBuilder()
        .sslContext(contextTrusting(authorities))
        .version(HttpClient.Version.HTTP_1_1)
        .build();
  }

  private static SSLContext contextTrusting(X509Certificate... authorities) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < authorities.length; i++) {
      store.setCertificateEntry("ca" + i, authorities[i]);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }

  private HttpResponse<String> ask(HttpClient client, String method, String path, String body)
      throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + path))
            .timeout(Duration.ofSeconds(20))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @ParameterizedTest(name = "{0} {1} {2}: {3}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "POST | /echo      | {\"a\":1} | 200 | {\"a\":1}",
        "GET  | /echo      | ``        | 405 | only POST",
        "POST | /          | {}        | 404 | not found",
        "POST | /echo/x    | {}        | 404 | not found",
        "POST | /echo      | ``        | 400 | want a JSON object",
        "POST | /echo      | []        | 400 | want a JSON object",
        "POST | /echo      | {\"a\":   | 400 | want a JSON object",
        "POST | /malformed | {}        | 400 | request.uid: want one",
        "POST | /unready   | {}        | 503 | caches",
        "POST | /broken    | {}        | 503 | failed",
        "POST | /slow      | {}        | 503 | no answer within",
      })
  void answers(String method, String path, String body, int status, String text) throws Exception {
    HttpResponse<String> response = ask(trusting(authority.chain().getFirst()), method, path, body);

    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.body()).contains(text);
  }

  @Test
  void refusesAnEndlessBody() throws Exception {
    HttpResponse<String> response =
        ask(
            trusting(authority.chain().getFirst()),
            "POST",
            "/echo",
            "{\"a\":\"" + "x".repeat(200) + "\"}");

    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(response.body()).contains("at most 100 bytes");
  }

  @Test
  void aNewCertificateCountsForTheNextConnection() throws Exception {
    HttpClient old = trusting(authority.chain().getFirst());
    assertThat(ask(old, "POST", "/echo", "{}").statusCode()).isEqualTo(200);
    CertifiedKey other = authority();
    key.set(issue(other));

    // The connection that is there goes on.
    assertThat(ask(old, "POST", "/echo", "{}").statusCode()).isEqualTo(200);
    assertThat(ask(trusting(other.chain().getFirst()), "POST", "/echo", "{}").statusCode())
        .isEqualTo(200);
    assertThatThrownBy(() -> ask(trusting(authority.chain().getFirst()), "POST", "/echo", "{}"))
        .isInstanceOf(SSLHandshakeException.class);
  }

  /// An API server opens a connection for each question under way, and more when the bundle of
  /// authorities changes; one that is closed instead of answered is a write that is refused.
  @Test
  void threeHundredConnectionsAtATimeAreAllAnsweredAndStay() throws Exception {
    SSLContext context = contextTrusting(authority.chain().getFirst());
    byte[] question =
        "POST /echo HTTP/1.1\r\nHost: hook.svc\r\nContent-Length: 2\r\n\r\n{}"
            .getBytes(StandardCharsets.US_ASCII);
    int count = 300;
    var connected = new CountDownLatch(count);
    var answered = new CountDownLatch(count);
    List<Future<String>> answers = new ArrayList<>();
    try (WebhookServer many =
            WebhookServer.open("127.0.0.1", 0, key::get, Map.of("/echo", new Hook(100, q -> q)));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        answers.add(
            threads.submit(() -> {
              try (Socket socket =
                  context.getSocketFactory().createSocket("127.0.0.1", many.port())) {
                socket.setSoTimeout(60_000);
                ((SSLSocket) socket).startHandshake();
                connected.countDown();
                assertThat(connected.await(60, TimeUnit.SECONDS)).isTrue();
                String first = ask(socket, question);
                answered.countDown();
                assertThat(answered.await(60, TimeUnit.SECONDS)).isTrue();
                return first + ask(socket, question);
              }
            }));
      }
      for (Future<String> answer : answers) {
        assertThat(answer.get(180, TimeUnit.SECONDS)).isEqualTo("HTTP/1.1 200 OKHTTP/1.1 200 OK");
      }
    }
  }

  @Test
  void whoSendsNoBodyKeepsNobodyFromBeingAnswered() throws Exception {
    SSLContext context = contextTrusting(authority.chain().getFirst());
    byte[] begin =
        "POST /echo HTTP/1.1\r\nHost: hook.svc\r\nContent-Length: 99\r\n\r\n{"
            .getBytes(StandardCharsets.US_ASCII);
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 40; i++) {
        Socket socket = context.getSocketFactory().createSocket("127.0.0.1", server.port());
        silent.add(socket);
        socket.getOutputStream().write(begin);
      }
      HttpClient client = trusting(authority.chain().getFirst());
      for (int i = 0; i < 20; i++) {
        assertThat(ask(client, "POST", "/echo", "{}").statusCode()).isEqualTo(200);
      }
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  /// A connection that is closed between two questions may hit the next one.
  @Test
  void whoeverEndsSaysSoBeforeItClosesAConnection() throws Exception {
    HttpClient client = trusting(authority.chain().getFirst());
    assertThat(ask(client, "POST", "/echo", "{}").headers().firstValue("Connection")).isEmpty();
    server.leave();

    HttpResponse<String> last = ask(client, "POST", "/echo", "{}");
    assertThat(last.statusCode()).isEqualTo(200);
    assertThat(last.headers().firstValue("Connection")).contains("close");
    assertThat(ask(client, "POST", "/echo", "{}").statusCode()).isEqualTo(200);
  }

  /// @return the status line
  private static String ask(Socket socket, byte[] question) throws IOException {
    socket.getOutputStream().write(question);
    var answer = new StringBuilder();
    while (answer.indexOf("\r\n\r\n{}") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        return "closed after \"" + answer + "\"";
      }
      answer.append((char) next);
    }
    return answer.substring(0, answer.indexOf("\r\n"));
  }

  @Test
  void aPortThatIsTakenNamesTheFlag() {
    assertThatThrownBy(() -> WebhookServer.open("127.0.0.1", server.port(), key::get, Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("--https-port");
  }
}
