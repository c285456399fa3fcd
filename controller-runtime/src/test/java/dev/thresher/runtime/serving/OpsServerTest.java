package dev.thresher.runtime.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import dev.thresher.runtime.client.AnyServer;
import dev.thresher.runtime.logging.Logging;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.serving.HealthChecks.Kind;
import dev.thresher.runtime.tls.ServerCertificates;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class OpsServerTest {

  private final HealthRegistry health = new HealthRegistry();
  private final Metrics metrics = new Metrics();
  private final AtomicReference<Optional<String>> caches =
      new AtomicReference<>(Optional.of("nodes not synced"));
  private final OpsServer server =
      OpsServer.builder(Endpoint.http("127.0.0.1", 0, "--bind-address, --metrics-port"))
          .health(health)
          .metrics(metrics)
          .configz(() -> {
            var json = new JsonObject();
            json.addProperty("a", "b");
            return json;
          })
          .logLevel()
          .page(
              "/boom",
              _ -> {
                throw new IllegalStateException("expected in this test");
              })
          .build();
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void start() throws Exception {
    health.add(Kind.READY, "caches", caches::get);
    health.add(Kind.LIVE, "leaderElection", Optional::empty);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop();
    client.close();
    Logging.setVerbosity(0);
  }

  @Test
  void saysOkAndNothingElseWhenHealthy() throws Exception {
    assertThat(get("/livez")).isEqualTo("200 ok");
    assertThat(get("/healthz")).isEqualTo("200 ok");
  }

  @Test
  void saysWhatFailsAndWhy() throws Exception {
    assertThat(get("/readyz"))
        .isEqualTo("500 [+]ping ok\n[-]caches failed: nodes not synced\nreadyz check failed\n");

    caches.set(Optional.empty());

    assertThat(get("/readyz")).isEqualTo("200 ok");
    assertThat(get("/readyz?verbose"))
        .isEqualTo("200 [+]ping ok\n[+]caches ok\nreadyz check passed\n");
  }

  @Test
  void leavesOutWhatIsExcluded() throws Exception {
    assertThat(get("/readyz?exclude=caches")).isEqualTo("200 ok");
    assertThat(get("/readyz?exclude=caches&exclude=nothing&verbose=true"))
        .isEqualTo(
            "200 [+]ping ok\n[+]caches excluded: ok\nwarn: cannot exclude what does not exist:"
                + " nothing\nreadyz check passed\n");
  }

  @Test
  void asksOneCheck() throws Exception {
    assertThat(get("/readyz/ping")).isEqualTo("200 ok");
    assertThat(get("/readyz/caches")).isEqualTo("500 failed: nodes not synced\n");
    assertThat(get("/readyz/unknown")).startsWith("404 no check is called \"unknown\"");
    assertThat(get("/livez/caches")).startsWith("404");
  }

  @Test
  void aCheckThatThrowsFails() throws Exception {
    health.add(
        Kind.LIVE,
        "broken",
        () -> {
          throw new IllegalStateException("expected in this test");
        });

    assertThat(get("/livez"))
        .startsWith("500")
        .contains("[-]broken failed: the check failed: expected in this test");
  }

  @Test
  void refusesTwoChecksOfOneName() {
    assertThatThrownBy(() -> health.add(Kind.READY, "caches", Optional::empty))
        .hasMessageContaining("\"caches\" exists");
  }

  @Test
  void servesMetrics() throws Exception {
    metrics.counter("things_total", "Things.").inc();

    assertThat(get("/metrics")).startsWith("200").contains("things_total 1.0");
  }

  @Test
  void countsHowOftenChecksWereGood() throws Exception {
    assertThat(get("/readyz")).startsWith("500");
    caches.set(Optional.empty());
    assertThat(get("/readyz")).startsWith("200");

    assertThat(get("/metrics/slis"))
        .contains(
            "kubernetes_healthcheck{name=\"caches\",type=\"readyz\"} 1.0",
            "kubernetes_healthchecks_total{name=\"caches\",status=\"error\",type=\"readyz\"} 1.0",
            "kubernetes_healthchecks_total{name=\"ping\",status=\"success\",type=\"readyz\"} 2.0");
    assertThat(send("DELETE", "/metrics/slis", "")).startsWith("200 ");
    assertThat(get("/metrics/slis")).doesNotContain("caches");
    assertThat(send("POST", "/metrics/slis", "")).startsWith("405 ");
  }

  @Test
  void compressesWhatIsLong() throws Exception {
    for (int i = 0; i < 50; i++) {
      metrics.counter("things_" + i + "_total", "Things.").inc();
    }
    HttpResponse<byte[]> response =
        client.send(
            request("/metrics").header("Accept-Encoding", "gzip").build(),
            HttpResponse.BodyHandlers.ofByteArray());

    assertThat(response.headers().firstValue("Content-Encoding")).contains("gzip");
    try (var unzipped = new GZIPInputStream(new ByteArrayInputStream(response.body()))) {
      assertThat(new String(unzipped.readAllBytes(), StandardCharsets.UTF_8))
          .contains("things_49_total 1.0");
    }
  }

  @Test
  void showsTheConfiguration() throws Exception {
    assertThat(get("/configz")).isEqualTo("200 {\"a\":\"b\"}\n");
  }

  @Test
  void changesTheVerbosityAtRunTime() throws Exception {
    assertThat(get("/debug/flags/v")).isEqualTo("200 0\n");

    assertThat(send("PUT", "/debug/flags/v", "5"))
        .isEqualTo("200 successfully set verbosity to 5\n");

    assertThat(Logging.verbosity()).isEqualTo(5);
    assertThat(get("/debug/flags/v")).isEqualTo("200 5\n");
    assertThat(send("PUT", "/debug/flags/v", "loud")).startsWith("400 ").contains("\"loud\"");
    assertThat(send("POST", "/debug/flags/v", "3")).startsWith("405 ");
    assertThat(Logging.verbosity()).isEqualTo(5);
  }

  @Test
  void readsOnlyWhereNothingCanBeChanged() throws Exception {
    assertThat(send("POST", "/metrics", "")).startsWith("405 ");
    assertThat(send("HEAD", "/livez", "")).isEqualTo("200 ");
  }

  @Test
  void saysWhatThereIs() throws Exception {
    assertThat(get("/nothing")).startsWith("404 ").contains("/metrics");
    assertThat(get("/healthzz")).startsWith("404 ");
  }

  @Test
  void survivesAPageThatFails() throws Exception {
    assertThat(get("/boom")).startsWith("500 ");
    assertThat(get("/livez")).isEqualTo("200 ok");
  }

  @Test
  void namesAddressAndFlagsWhenThePortIsTaken() {
    OpsServer second =
        OpsServer.builder(Endpoint.http("127.0.0.1", server.port(), "--secure-port")).build();

    assertThatThrownBy(second::start)
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "cannot listen on 127.0.0.1:" + server.port() + " (--secure-port): ");
    second.stop();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1", "0.0.0.0", "::"})
  void servesHttpsWithACertificateOfItsOwn(String bind) throws Exception {
    OpsServer https =
        OpsServer.builder(
                Endpoint.https(
                    bind,
                    0,
                    "--secure-port",
                    new ServerCertificates.SelfSigned(List.of("localhost"))))
            .health(health)
            .build();
    https.start();
    try (HttpClient trusting = HttpClient.newBuilder().sslContext(AnyServer.context()).build()) {
      String host = bind.contains(":") ? "[::1]" : "127.0.0.1";
      HttpResponse<String> response =
          trusting.send(
              HttpRequest.newBuilder(URI.create("https://" + host + ":" + https.port() + "/livez"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());

      assertThat(response.body()).isEqualTo("ok");
      assertThat(response.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
    } finally {
      https.stop();
    }
  }

  private String get(String path) throws Exception {
    return send("GET", path, "");
  }

  private String send(String method, String path, String body) throws Exception {
    HttpResponse<String> response =
        client.send(
            request(path).method(method, HttpRequest.BodyPublishers.ofString(body)).build(),
            HttpResponse.BodyHandlers.ofString());
    return response.statusCode() + " " + response.body();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
  }
}
