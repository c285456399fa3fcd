package dev.thresher.vip.controlplane;

import dev.thresher.vip.controlplane.ControlPlaneConfig.Check;
import dev.thresher.vip.controlplane.ServerHealth.Answer;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/// Asks an API server once, on a connection of its own: a pooled one would say that the server is
/// well when only the connection is. Blocks; confined to one thread at a time.
public final class ServerCheck {

  /// What came of it.
  ///
  /// @param certificate that the server showed, if any
  public record Result(Answer answer, @Nullable X509Certificate certificate) {}

  private final Check check;
  private final Supplier<String> authorityPem;
  private String trusted = "";
  private @Nullable SSLContext context;

  /// @param authorityPem certificates to trust where `check` names no file, empty for those of the
  ///   system; may fail
  public ServerCheck(Check check, Supplier<String> authorityPem) {
    this.check = check;
    this.authorityPem = authorityPem;
  }

  /// Asks once, within the timeout of the check.
  public Result ask() {
    URI url = check.url();
    try (Socket plain = new Socket()) {
      int timeout = Math.toIntExact(check.timeout().toMillis());
      try {
        plain.connect(new InetSocketAddress(host(url), port(url)), timeout);
      } catch (ConnectException e) {
        return new Result(new Answer.Refused(), null);
      }
      plain.setSoTimeout(timeout);
      if (url.getScheme().equals("http")) {
        return new Result(talk(plain), null);
      }
      try (SSLSocket secure = secure(plain)) {
        secure.startHandshake();
        X509Certificate shown =
            secure.getSession().getPeerCertificates()[0] instanceof X509Certificate first
                ? first
                : null;
        return new Result(talk(secure), shown);
      }
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      return new Result(new Answer.Failed(e.toString()), null);
    }
  }

  private SSLSocket secure(Socket plain) throws IOException, GeneralSecurityException {
    String name = check.serverName().isEmpty() ? host(check.url()) : check.serverName();
    SSLSocket secure =
        (SSLSocket) context().getSocketFactory().createSocket(plain, name, port(check.url()), true);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    if (!check.serverName().isEmpty()) {
      parameters.setServerNames(List.of(new SNIHostName(name)));
    }
    secure.setSSLParameters(parameters);
    return secure;
  }

  private Answer talk(Socket connection) throws IOException {
    String path = check.url().getRawPath();
    String request =
        "GET "
            + (path.isEmpty() ? "/livez" : path)
            + " HTTP/1.1\r\nHost: "
            + check.url().getRawAuthority()
            + "\r\nUser-Agent: thresher-vip-manager\r\nConnection: close\r\n\r\n";
    connection.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    connection.getOutputStream().flush();
    InputStream in = connection.getInputStream();
    String status =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII), 512).readLine();
    if (status == null) {
      return new Answer.Failed("the server closed the connection without an answer");
    }
    String[] words = status.split(" ", 3);
    if (!words[0].startsWith("HTTP/1.") || words.length < 2) {
      return new Answer.Sick("no HTTP answer: " + status);
    }
    // Who refuses anonymous questions is there to refuse them.
    return switch (words[1]) {
      case "200", "401", "403" -> new Answer.Well();
      default -> new Answer.Sick(status);
    };
  }

  /// Made anew only when the certificates to trust change.
  private SSLContext context() throws IOException, GeneralSecurityException {
    String pem =
        check.authority().isPresent()
            ? Files.readString(Path.of(check.authority().get()))
            : authorityPem.get();
    SSLContext made = context;
    if (made != null && pem.equals(trusted)) {
      return made;
    }
    @Nullable KeyStore store = null;
    if (!pem.isEmpty()) {
      store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))) {
        store.setCertificateEntry("ca" + number++, certificate);
      }
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    made = SSLContext.getInstance("TLS");
    made.init(null, trust.getTrustManagers(), null);
    context = made;
    trusted = pem;
    return made;
  }

  private static String host(URI url) {
    String host = url.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static int port(URI url) {
    return url.getPort() > 0 ? url.getPort() : url.getScheme().equals("http") ? 80 : 443;
  }
}
