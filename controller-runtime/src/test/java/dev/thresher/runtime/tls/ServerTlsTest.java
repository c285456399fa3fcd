package dev.thresher.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Handshakes with the kinds of keys that are in use, made by the JDK's own tool.
@Timeout(120)
final class ServerTlsTest {

  private static final String PASSWORD = "changeit";

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
    Certificate certificate = generate(algorithm, size);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(
            ServerTls.context(
                new ServerCertificates.Files(
                    directory.resolve("tls.crt"), directory.resolve("tls.key")))));
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
            .sslContext(trusting(certificate))
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
    var _ = generate("EC", 256, "localhost");
    ServerCertificates.Files first = files("first");
    var _ = generate("EC", 256, "other.example");
    ServerCertificates.Files second = files("second");
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
    var _ = generate("EC", 256);
    SSLContext context = ServerTls.context(files("tls"));
    var policy =
        new TlsPolicy(
            only13, suite.isEmpty() ? List.of() : List.of(suite), List.of("x25519", "secp256r1"));
    SSLEngine server = context.createSSLEngine();
    server.setUseClientMode(false);
    server.setSSLParameters(policy.parameters(context, true));
    SSLEngine client = trustingAll().createSSLEngine("localhost", 443);
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

  private static String shown(SSLContext context, String asked) throws Exception {
    SSLEngine server = context.createSSLEngine();
    server.setUseClientMode(false);
    SSLEngine client = trustingAll().createSSLEngine(asked, 443);
    client.setUseClientMode(true);
    SSLParameters wanted = client.getSSLParameters();
    wanted.setServerNames(List.of(new SNIHostName(asked)));
    client.setSSLParameters(wanted);
    Handshakes.complete(client, server);
    return ((X509Certificate) client.getSession().getPeerCertificates()[0])
        .getSubjectX500Principal()
        .getName();
  }

  /// What `generate` wrote, under names of its own.
  private ServerCertificates.Files files(String name) throws Exception {
    Path certificate = directory.resolve(name + "-copy.crt");
    Path key = directory.resolve(name + "-copy.key");
    Files.copy(directory.resolve("tls.crt"), certificate, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(directory.resolve("tls.key"), key, StandardCopyOption.REPLACE_EXISTING);
    Files.delete(directory.resolve("store.p12"));
    return new ServerCertificates.Files(certificate, key);
  }

  private Certificate generate(String algorithm, int size) throws Exception {
    return generate(algorithm, size, "localhost");
  }

  /// Neither names nor issuers matter here.
  private static SSLContext trustingAll() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        null,
        new TrustManager[] {
          new X509ExtendedTrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] c, String type, Socket socket) {}

            @Override
            public void checkServerTrusted(X509Certificate[] c, String type, Socket socket) {}

            @Override
            public void checkClientTrusted(X509Certificate[] c, String type, SSLEngine engine) {}

            @Override
            public void checkServerTrusted(X509Certificate[] c, String type, SSLEngine engine) {}

            @Override
            public void checkClientTrusted(X509Certificate[] c, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] c, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
              return new X509Certificate[0];
            }
          }
        },
        null);
    return context;
  }

  /// Writes `tls.crt` and `tls.key`.
  private Certificate generate(String algorithm, int size, String host) throws Exception {
    Path store = directory.resolve("store.p12");
    var command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/keytool",
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                algorithm,
                "-dname",
                "CN=" + host,
                "-ext",
                "san=dns:" + host,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
    if (size > 0) {
      command.addAll(List.of("-keysize", String.valueOf(size)));
    }
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    Certificate certificate = keys.getCertificate("server");
    write("tls.crt", "CERTIFICATE", certificate.getEncoded());
    write("tls.key", "PRIVATE KEY", keys.getKey("server", PASSWORD.toCharArray()).getEncoded());
    return certificate;
  }

  private void write(String name, String what, byte[] der) throws Exception {
    Files.writeString(
        directory.resolve(name),
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(what, Base64.getMimeEncoder().encodeToString(der), what));
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
