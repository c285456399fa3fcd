import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/// Waits until a URL answers 200, with a text in it: `java AwaitReady.java URL SECONDS [TEXT]`. Any certificate will do: it is asked on loopback, for a build.
void main(String[] args) throws Exception {
  System.setProperty("jdk.internal.httpclient.disableHostnameVerification", "true");
  var tls = SSLContext.getInstance("TLS");
  tls.init(null, new TrustManager[] {new Trusting()}, new SecureRandom());
  var request = HttpRequest.newBuilder(URI.create(args[0])).timeout(Duration.ofSeconds(2)).build();
  long deadline = System.nanoTime() + Duration.ofSeconds(Long.parseLong(args[1])).toNanos();
  try (var client = HttpClient.newBuilder().sslContext(tls).connectTimeout(Duration.ofSeconds(2)).build()) {
    String last = "no answer";
    while (System.nanoTime() < deadline) {
      try {
        var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        boolean said = args.length < 3 || answer.body().contains(args[2]);
        if (answer.statusCode() == 200 && said) {
          return;
        }
        last = answer.statusCode() + (said ? " " + answer.body() : " without " + args[2]);
      } catch (IOException e) {
        last = e.toString();
      }
      LockSupport.parkNanos(100_000_000);
    }
    System.err.println(args[0] + " did not get ready: " + last);
    System.exit(1);
  }
}

static final class Trusting extends X509ExtendedTrustManager {
  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) {}

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
