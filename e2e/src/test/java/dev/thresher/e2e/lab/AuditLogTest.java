package dev.thresher.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  private static final String EVENT =
      """
      {"kind":"Event","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/a/services/b/status",\
      "verb":"patch","user":{"username":"ccm"},"userAgent":"x/1","objectRef":{"resource":"services",\
      "namespace":"a","name":"b","subresource":"status"},"responseStatus":{"code":200},\
      "requestReceivedTimestamp":"2026-01-02T03:04:05.678901Z"}\
      """;

  @Test
  void readsAnEvent() {
    assertThat(AuditLog.parse(EVENT))
        .isEqualTo(
            new AuditLog.Request(
                Instant.parse("2026-01-02T03:04:05.678901Z"),
                "ccm",
                "patch",
                "services/status",
                "a",
                "b",
                "/api/v1/namespaces/a/services/b/status",
                "x/1",
                200,
                false));
  }

  @Test
  void tellsAMissingRightFromOtherRefusals(@TempDir Path directory) throws IOException {
    String refused = EVENT.replace("\"code\":200", "\"code\":403");
    String decided = ",\"annotations\":{\"authorization.k8s.io/decision\":\"%s\"}}";
    String head = refused.substring(0, refused.length() - 1);
    Path file = directory.resolve("audit.log");
    var log = new AuditLog(file);
    assertThat(log.forbidden()).isEmpty();

    Files.writeString(
        file, head + decided.formatted("allow") + "\n" + head + decided.formatted("forbid") + "\n");
    assertThat(log.forbidden())
        .containsExactly(log.requests().getLast())
        .allMatch(request -> request.status() == 403);
  }

  @Test
  void countsAndIgnoresALineThatIsBeingWritten(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("audit.log");
    Files.writeString(file, EVENT + "\n" + EVENT + "\n" + EVENT.substring(0, 40));

    assertThat(new AuditLog(file).counts(r -> r.user().equals("ccm")))
        .containsExactly(Map.entry("ccm patch services/status", 2L));
  }
}
