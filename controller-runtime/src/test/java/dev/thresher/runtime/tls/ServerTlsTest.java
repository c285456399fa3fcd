package dev.thresher.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
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

  /// Writes `tls.crt` and `tls.key`.
  private Certificate generate(String algorithm, int size) throws Exception {
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
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
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
