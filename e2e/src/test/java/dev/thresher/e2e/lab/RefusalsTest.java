package dev.thresher.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusalsTest {
  private static AuditLog.Request refused(
      String user, String verb, String resource, String program) {
    return new AuditLog.Request(
        Instant.EPOCH, user, verb, resource, "", "", "/metrics", program + "/1", 403, true);
  }

  @Test
  void countsWhatOurProgramsMayNot() {
    assertThat(
            new Refusals()
                .unexpected(
                    "host",
                    List.of(
                        refused("a", "patch", "nodes", "thresher-ccm"),
                        refused("a", "patch", "nodes", "thresher-ccm"),
                        refused("b", "get", "", "thresher-vip-manager"),
                        refused("a", "list", "pods", "kubectl"))))
        .containsExactly("host: a patch nodes (2)", "host: b get /metrics (1)");
  }

  @Test
  void leavesOutWhatATestRefusesOnPurposeAndToThatUserAlone() {
    var refusals = new Refusals();
    refusals.expect("a", List.of("delete nodes", "watch leases"));
    assertThat(
            refusals.unexpected(
                "g1",
                List.of(
                    refused("a", "delete", "nodes", "thresher-ccm"),
                    refused("b", "watch", "leases", "thresher-ccm"))))
        .containsExactly("g1: b watch leases (1)");
  }
}
