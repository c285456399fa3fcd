package dev.thresher.e2e.lab;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// How labs come, stand beside each other and go.
@NeedsLab
class LabLifecycleIT {
  private static final Pattern UP = Pattern.compile("lab ([0-9a-f]{4}), files.*");

  @Test
  void twoLabsStandSideBySideAndLeaveNothing() {
    String one;
    String other;
    try (Lab first = Lab.builder().hostNodes(0).controllerManager(false).start();
        Lab second = Lab.builder().hostNodes(0).controllerManager(false).start()) {
      one = first.id();
      other = second.id();
      assertThat(first.plan().octet()).isNotEqualTo(second.plan().octet());
      first.host().ensureNamespace("only-first");

      assertThat(first.host().api().find("/api/v1/namespaces/only-first")).isPresent();
      assertThat(second.host().api().find("/api/v1/namespaces/only-first")).isEmpty();
      assertThat(Labs.ids()).contains(one, other);
    }
    assertThat(Labs.remains(one)).isEmpty();
    assertThat(Labs.remains(other)).isEmpty();
  }

  @Test
  void keptLogsAreAllThatIsLeft() {
    Lab lab = Lab.builder().hostNodes(0).controllerManager(false).start();
    lab.keepLogs();
    lab.close();

    assertThat(Labs.remains(lab.id()))
        .singleElement()
        .asString()
        .isEqualTo("directory " + lab.directory().getFileName());
    Commands.run(List.of("rm", "-rf", lab.directory().toString()));
  }

  @Test
  void aProgramThatAsksForMoreThanItsRoleAllowsFailsTheLab() {
    Lab lab = Lab.builder().hostNodes(0).controllerManager(false).start();
    var user = (User.TokenUser) lab.host().tokenUser("ccm");
    lab.expectRefusals("ccm", "list nodes");
    for (String resource : List.of("nodes", "pods", "pods")) {
      lab.host()
          .namespace()
          .run(
              List.of(
                  "curl",
                  "--silent",
                  "--insecure",
                  "--user-agent",
                  "thresher-ccm/1",
                  "--header",
                  "Authorization: Bearer " + user.token(),
                  lab.host().url() + "/api/v1/" + resource));
    }

    assertThatThrownBy(lab::close)
        .isInstanceOf(LabException.class)
        .hasMessageContaining("host: ccm list pods (2)")
        .hasMessageNotContaining("nodes");
    assertThat(Labs.remains(lab.id())).isEmpty();
  }

  @Test
  void aKeptLabStandsUntilItIsDestroyed() {
    Lab lab = Lab.builder().hostNodes(0).controllerManager(false).start();
    lab.keep();
    lab.close();
    assertThat(lab.host().api().ready()).isTrue();

    Labs.destroy(lab.id());

    assertThat(Labs.remains(lab.id())).isEmpty();
  }

  @Test
  void aLabWhoseOwnerIsKilledIsRemoved() throws IOException {
    Process owner =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                LabCommand.class.getName(),
                "--host-nodes=1",
                "--vms=1",
                "--hold")
            .redirectErrorStream(true)
            .start();
    String id = "";
    var said = new StringBuilder();
    try (BufferedReader lines = owner.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null && id.isEmpty(); line = lines.readLine()) {
        said.append(line).append('\n');
        Matcher up = UP.matcher(line);
        id = up.matches() ? up.group(1) : "";
      }
    } finally {
      owner.destroyForcibly();
    }
    String lab = id;
    assertThat(lab).as(said.toString()).isNotEmpty();

    assertThat(await("the lab to be gone", () -> Labs.remains(lab), List::isEmpty)).isEmpty();
  }

  @Test
  void processesThatOutliveTheirParentAreFound() {
    Lab lab = Lab.builder().hostNodes(0).controllerManager(false).start();
    Client client = lab.client("c1");
    LabProcess process =
        client.start(
            "orphan",
            List.of("sh", "-c", "setsid sleep 1000 & setsid sleep 1000 & exit 0"),
            Map.of());
    assertThat(process.onExit().join()).isZero();
    assertThat(client.namespace().processes()).hasSize(2);

    lab.close();

    assertThat(Labs.remains(lab.id())).isEmpty();
  }
}
