package dev.thresher.runtime.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which families there are is found out by the JDK at its start, so each case is a process of its
/// own. Without IPv6 means a JVM that is told so: it takes the same ways as on a node whose kernel
/// has none.
@Timeout(60)
final class AllAddressesTest {

  static final class Serving {
    private Serving() {}

    public static void main(String[] arguments) throws Exception {
      OpsServer server =
          OpsServer.builder(Endpoint.http(arguments[0], 0, "prometheus_server"))
              .health(new HealthRegistry())
              .build();
      server.start();
      try (HttpClient client = HttpClient.newHttpClient()) {
        var request =
            HttpRequest.newBuilder(
                    URI.create("http://" + arguments[1] + ":" + server.port() + "/livez"))
                .build();
        System.out.print(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
      } finally {
        server.stop();
      }
    }
  }

  @ParameterizedTest(name = "listens on {0}, without IPv6: {1}, asked at {2}")
  @CsvSource({
    "::, true, 127.0.0.1",
    "0.0.0.0, true, 127.0.0.1",
    "::, false, 127.0.0.1",
    "::, false, [::1]",
    "0.0.0.0, false, [::1]",
  })
  void answersInEachFamilyThatThereIs(String host, boolean withoutIpv6, String asked)
      throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    System.getProperty("java.home") + "/bin/java",
                    "-Djava.net.preferIPv4Stack=" + withoutIpv6,
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Serving.class.getName(),
                    host,
                    asked))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (InputStream out = process.getInputStream()) {
      String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).isZero();
      assertThat(said).isEqualTo("ok");
    }
  }
}
