package dev.thresher.runtime.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AccessTest {

  private final Access access =
      Access.openPaths(List.of("/healthz", "/livez", "/readyz", "/open*"));

  @ParameterizedTest
  @CsvSource({
    "/healthz, 203.0.113.1, true",
    "/readyz/ping, 203.0.113.1, true",
    "/readyzx, 203.0.113.1, false",
    "/metrics, 203.0.113.1, false",
    "/metrics, 2001:db8::1, false",
    "/metrics, 127.0.0.1, true",
    "/metrics, 127.8.8.8, true",
    "/metrics, ::1, true",
    "/metrics, ::ffff:127.0.0.1, true",
    "/debug/flags/v, 203.0.113.1, false",
    "/open, 203.0.113.1, true",
    "/opened/below, 203.0.113.1, true"
  })
  void decidesByPathAndClient(String path, String client, boolean allowed) throws Exception {
    assertThat(access.refuse(visit(path, client)).isEmpty()).isEqualTo(allowed);
  }

  @ParameterizedTest
  @CsvSource({"/metrics, true", "/metrics/slis, false", "/configz, false"})
  void canOpenMetrics(String path, boolean allowed) throws Exception {
    assertThat(Access.healthAndMetrics().refuse(visit(path, "203.0.113.1")).isEmpty())
        .isEqualTo(allowed);
  }

  private static Visit visit(String path, String client) throws Exception {
    return new Visit(InetAddress.getByName(client), List.of(), Map.of(), "GET", path);
  }
}
