package dev.thresher.runtime.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTest {

  @TempDir Path directory;

  private HttpsServer server;
  private volatile String[] suites = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
  };
  private volatile String agreed = "";

  private static String resource(String name) {
    try (InputStream in = TlsTest.class.getResourceAsStream("/tls/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }

  /// Answers with the name of the client.
  @BeforeEach
  void serve() throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = TlsTest.class.getResourceAsStream("/tls/server.p12")) {
      keys.load(in, "test".toCharArray());
    }
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", Pem.certificates(resource("ca.crt"), "ca").getFirst());
    var keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keyManagers.init(keys, "test".toCharArray());
    var trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trustManagers.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
            ssl.setWantClientAuth(true);
            ssl.setCipherSuites(suites);
            // As Go's servers: what the client asks for first.
            ssl.setUseCipherSuitesOrder(false);
            parameters.setSSLParameters(ssl);
          }
        });
    server.createContext(
        "/",
        exchange -> {
          String client;
          try {
            agreed = ((HttpsExchange) exchange).getSSLSession().getCipherSuite();
            client = ((HttpsExchange) exchange).getSSLSession().getPeerPrincipal().getName();
          } catch (SSLPeerUnverifiedException _) {
            client = "nobody";
          }
          byte[] body = ("{\"client\":\"" + client + "\"}").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          try (var out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private String url() {
    return "https://127.0.0.1:" + server.getAddress().getPort();
  }

  private Connection connection(String ca, String serverName, String client) {
    return new Connection(
        url(),
        "default",
        ca,
        serverName,
        false,
        "",
        client.isEmpty() ? "" : resource(client + ".crt"),
        client.isEmpty() ? "" : resource(client + ".key"));
  }

  private static String whoAmI(ConnectionSource source) {
    return whoAmI(
        new OkHttpKubeApi(ClientConfig.of("test", source), new VirtualTimeline(), new Metrics()));
  }

  private static String whoAmI(KubeApi api) {
    return api.request("GET", "/who", Optional.empty()).orElseThrow().get("client").getAsString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"client-pkcs1", "client-sec1", "client-pkcs8"})
  void identifiesItselfWithEveryFormOfKey(String client) {
    var source =
        new ConnectionSource.Fixed(connection(resource("ca.crt"), "kubernetes.test", client));

    assertThat(whoAmI(source)).isEqualTo("CN=" + client);
  }

  @Test
  void refusesAServerOfAnotherNameOrAuthority() {
    var otherName = new ConnectionSource.Fixed(connection(resource("ca.crt"), "", ""));
    var systemAuthorities = new ConnectionSource.Fixed(connection("", "kubernetes.test", ""));

    for (var source : new ConnectionSource[] {otherName, systemAuthorities}) {
      assertThatThrownBy(() -> whoAmI(source))
          .isInstanceOfSatisfying(
              KubeApiException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNREACHABLE));
    }
  }

  @Test
  void asksForTheCipherThatCostsLeastHereAndTakesWhatThereIs() {
    var source = new ConnectionSource.Fixed(connection(resource("ca.crt"), "kubernetes.test", ""));
    whoAmI(source);
    assertThat(agreed).isEqualTo("TLS_CHACHA20_POLY1305_SHA256");

    suites = new String[] {"TLS_AES_256_GCM_SHA384"};
    whoAmI(source);
    assertThat(agreed).isEqualTo("TLS_AES_256_GCM_SHA384");
  }

  @Test
  void acceptsAnyServerOnlyWhenToldTo() {
    var source =
        new ConnectionSource.Fixed(new Connection(url(), "default", "", "", true, "", "", ""));

    assertThat(whoAmI(source)).isEqualTo("nobody");
  }

  @Test
  void takesANewClientCertificateIntoUseAndKeepsTheOldOneWhenTheNewIsBroken() throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("config"),
            """
            current-context: a
            contexts: [{name: a, context: {cluster: a, user: a}}]
            clusters: [{name: a, cluster: {server: '%s', certificate-authority: ca.crt,
                        tls-server-name: kubernetes.test}}]
            users: [{name: a, user: {client-certificate: tls.crt, client-key: tls.key}}]
            """
                .formatted(url()));
    Files.writeString(directory.resolve("ca.crt"), resource("ca.crt"));
    Files.writeString(directory.resolve("tls.crt"), resource("client-pkcs1.crt"));
    Files.writeString(directory.resolve("tls.key"), resource("client-pkcs1.key"));
    var metrics = new Metrics();
    var timeline = new VirtualTimeline();
    var settings = ClientConfig.of("test", new ConnectionSource.KubeconfigFile(config, ""));
    var api = new OkHttpKubeApi(settings, timeline, metrics);
    api.start();
    assertThat(whoAmI(api)).isEqualTo("CN=client-pkcs1");

    Files.writeString(directory.resolve("tls.crt"), resource("client-sec1.crt"));
    Files.writeString(directory.resolve("tls.key"), "not yet written");
    timeline.advance(settings.reloadInterval());
    org.awaitility.Awaitility.await()
        .until(() ->
            metrics
                .text()
                .contains("credential_reloads_total{outcome=\"failed\",server=\"test\"} 1.0"));
    assertThat(whoAmI(api)).isEqualTo("CN=client-pkcs1");

    Files.writeString(directory.resolve("tls.key"), resource("client-sec1.key"));
    org.awaitility.Awaitility.await()
        .untilAsserted(() -> {
          timeline.advance(settings.reloadInterval());
          assertThat(whoAmI(api)).isEqualTo("CN=client-sec1");
        });
    api.stop();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nothing",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nMAAA\n-----END EC PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----"
      })
  void saysThatAKeyCannotBeUsed(String pem) {
    assertThatThrownBy(() -> Pem.privateKey(pem))
        .isInstanceOf(ClientConfigException.class)
        .hasMessageStartingWith("client-key");
  }
}
