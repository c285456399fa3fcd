package dev.thresher.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.thresher.runtime.client.AnyServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Handshakes with the kinds of keys that are in use, made by the JDK's own tool.
@Timeout(120)
final class ServerTlsTest {

  @TempDir private Path directory = Path.of("/");

  @ParameterizedTest
  @CsvSource({
    "RSA, 2048, TLSv1.3",
    "RSA, 2048, TLSv1.2",
    "EC, 256, TLSv1.3",
    "EC, 384, TLSv1.2",
    "Ed25519, 0, TLSv1.3"
  })
  void shakesHandsWithEveryKindOfKey(String algorithm, int size, String protocol) throws Exception {
    ServerKey key = ServerKey.of(algorithm, size, "localhost");
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(ServerTls.context(key.write(directory, "tls"))));
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    var parameters = new SSLParameters();
    parameters.setProtocols(new String[] {protocol});
    try (HttpClient client =
        HttpClient.newBuilder()
            .sslContext(trusting(key.certificate()))
            .sslParameters(parameters)
            .build()) {
      HttpResponse<Void> response =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("https://localhost:" + server.getAddress().getPort() + "/"))
                  .build(),
              HttpResponse.BodyHandlers.discarding());

      assertThat(response.statusCode()).isEqualTo(204);
      assertThat(response.sslSession().orElseThrow().getProtocol()).isEqualTo(protocol);
    } finally {
      server.stop(0);
    }
  }

  /// The default certificate is for localhost, the other one for what its own names say or what it
  /// was given for.
  @ParameterizedTest
  @CsvSource({
    "'', localhost, localhost",
    "'', other.example, other.example",
    "'', nobody.example, localhost",
    "*.example, other.example, other.example",
    "*.example, a.b.example, localhost",
    "ELSE.example, else.example, other.example",
    "else.example, other.example, localhost"
  })
  void choosesByTheNameTheClientAsksFor(String names, String asked, String shown) throws Exception {
    ServerCertificates.Files first = ServerKey.of("EC", 256, "localhost").write(directory, "first");
    ServerCertificates.Files second =
        ServerKey.of("EC", 256, "other.example").write(directory, "second");
    List<String> given = names.isEmpty() ? List.of() : List.of(names);
    SSLContext context =
        ServerTls.context(
            new ServerCertificates.ByName(
                first, List.of(new ServerCertificates.Named(second, given))));

    assertThat(shown(context, asked)).isEqualTo("CN=" + shown);
  }

  @ParameterizedTest
  @CsvSource({
    "false, '', TLSv1.2, true",
    "true, '', TLSv1.2, false",
    "true, '', TLSv1.3, true",
    "false, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLSv1.2, true",
    "false, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLSv1.2, false",
    "false, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLSv1.3, true"
  })
  void agreesOnlyToWhatThePolicyAllows(
      boolean only13, String suite, String protocol, boolean agrees) throws Exception {
    SSLContext context =
        ServerTls.context(ServerKey.of("EC", 256, "localhost").write(directory, "tls"));
    var policy =
        new TlsPolicy(
            only13, suite.isEmpty() ? List.of() : List.of(suite), List.of("x25519", "secp256r1"));
    SSLEngine server = context.createSSLEngine();
    server.setUseClientMode(false);
    server.setSSLParameters(policy.parameters(context, true));
    SSLEngine client = AnyServer.context().createSSLEngine("localhost", 443);
    client.setUseClientMode(true);
    SSLParameters wanted = client.getSSLParameters();
    wanted.setProtocols(new String[] {protocol});
    client.setSSLParameters(wanted);
    boolean agreed;
    try {
      Handshakes.complete(client, server);
      agreed = true;
    } catch (SSLException _) {
      agreed = false;
    }
    assertThat(agreed).isEqualTo(agrees);
  }

  /// Whatever a client would rather have.
  @ParameterizedTest
  @CsvSource({
    "TLSv1.3, TLS_AES_128_GCM_SHA256, TLS_CHACHA20_POLY1305_SHA256, TLS_CHACHA20_POLY1305_SHA256",
    "TLSv1.3, TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_AES_256_GCM_SHA384",
    "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,"
        + " TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,"
        + " TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
  })
  void prefersWhatCostsLeastHere(String protocol, String first, String second, String agreed)
      throws Exception {
    SSLContext context =
        ServerTls.context(ServerKey.of("EC", 256, "localhost").write(directory, "tls"));
    SSLEngine server = context.createSSLEngine();
    server.setUseClientMode(false);
    server.setSSLParameters(TlsPolicy.DEFAULT.parameters(context, false));
    SSLEngine client = AnyServer.context().createSSLEngine("localhost", 443);
    client.setUseClientMode(true);
    client.setSSLParameters(
        new SSLParameters(new String[] {first, second}, new String[] {protocol}));

    Handshakes.complete(client, server);

    assertThat(client.getSession().getCipherSuite()).isEqualTo(agreed);
  }

  private static String shown(SSLContext context, String asked) throws Exception {
    SSLEngine server = context.createSSLEngine();
    server.setUseClientMode(false);
    SSLEngine client = AnyServer.context().createSSLEngine(asked, 443);
    client.setUseClientMode(true);
    SSLParameters wanted = client.getSSLParameters();
    wanted.setServerNames(List.of(new SNIHostName(asked)));
    client.setSSLParameters(wanted);
    Handshakes.complete(client, server);
    return ((X509Certificate) client.getSession().getPeerCertificates()[0])
        .getSubjectX500Principal()
        .getName();
  }

  private static SSLContext trusting(Certificate certificate) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("server", certificate);
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }
}
