package dev.thresher.vip.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Check;
import dev.thresher.vip.controlplane.ServerHealth.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Over plain HTTP; TLS is tested with an API server.
class ServerCheckTest {

  private static Answer ask(int port, Duration timeout) {
    URI url = URI.create("http://127.0.0.1:" + port + "/livez");
    Check check = new Check(url, "", Optional.empty(), Duration.ofSeconds(1), timeout, 3);
    return new ServerCheck(check, () -> "").ask().answer();
  }

  @ParameterizedTest
  @CsvSource({"200, true", "401, true", "403, true", "500, false", "404, false", "429, false"})
  void whoRefusesToTellIsThere(int status, boolean well) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/livez",
        exchange -> {
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    try {
      Answer answer = ask(server.getAddress().getPort(), Duration.ofSeconds(30));
      assertThat(answer instanceof Answer.Well).as("%s", answer).isEqualTo(well);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aClosedPortIsToldFromAServerThatHangs() throws IOException {
    int port;
    try (ServerSocket hanging = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = hanging.getLocalPort();
      assertThat(ask(port, Duration.ofMillis(200))).isInstanceOf(Answer.Failed.class);
    }
    assertThat(ask(port, Duration.ofSeconds(30))).isInstanceOf(Answer.Refused.class);
  }
}
