package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.runtime.serving.HealthChecks.Kind;
import dev.thresher.runtime.serving.HealthRegistry;
import dev.thresher.runtime.serving.OpsServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class HealthPortTest {

  private static final Map<String, String> LEAST = Map.of("vip_arp", "true", "svc_enable", "true");

  private static Optional<OpsServer> server(HealthRegistry health, String... arguments) {
    return ServingModule.healthServer(ManagerConfig.read(List.of(arguments), LEAST, "h"), health);
  }

  private static int status(String host, int port, String path)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI url = URI.create("http://" + host + ":" + port + path);
      return client
          .send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  @Test
  void answersForTheProcessOnBothFamilies() throws Exception {
    HealthRegistry health = new HealthRegistry();
    AtomicReference<Optional<String>> problem = new AtomicReference<>(Optional.empty());
    health.add(Kind.LIVE, "right", problem::get);
    health.add(Kind.READY, "session", () -> Optional.of("an address may not be held yet"));
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    OpsServer server = server(health, "--healthCheckPort=" + port).orElseThrow();
    server.start();
    try {
      assertThat(status("127.0.0.1", port, "/healthz")).isEqualTo(200);
      assertThat(status("[::1]", port, "/healthz")).isEqualTo(200);
      assertThat(status("127.0.0.1", port, "/metrics")).isEqualTo(404);
      problem.set(Optional.of("its thread has ended"));
      assertThat(status("127.0.0.1", port, "/healthz")).isEqualTo(500);
    } finally {
      server.stop();
    }
  }

  @Test
  void isOffUnlessAskedFor() {
    assertThat(server(new HealthRegistry())).isEmpty();
    assertThat(server(new HealthRegistry(), "--healthCheckPort=0")).isEmpty();
  }
}
