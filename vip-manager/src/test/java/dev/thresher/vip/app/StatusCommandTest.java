package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusCommandTest {

  private static final String REPORT =
      """
      {"node": "n1", "session": "5-a", "nodes": [{"name": "n1"}, {"name": "n2"}], "addresses": [
        {"address": "192.0.2.7", "holder": "n1", "holderLives": true, "epoch": 2,
         "services": ["default/web"], "here": "answered on eth0", "virtualMac": "02:56:c0:00:02:07",
         "heldSeconds": 61,
         "claimedBy": [{"mac": "02:00:00:00:00:99", "interface": "eth0", "secondsAgo": 4}],
         "shouldHold": "n1", "because": "holds it already", "next": "n2", "notOn": {}},
        {"address": "2001:db8::7", "holder": "n3", "holderLives": false, "epoch": 1,
         "services": [], "notOn": {"n2": "no running interface"}}]}
      """;

  private static JsonObject report() {
    return JsonParser.parseString(REPORT).getAsJsonObject();
  }

  @Test
  void aTableForPeople() {
    assertThat(StatusCommand.status(report(), false))
        .isEqualTo(
            """
            node n1, may hold addresses

            ADDRESS      HOLDER     HERE              SINCE  NEXT  FOR
            192.0.2.7    n1         answered on eth0  61s    n2    default/web
            2001:db8::7  n3 (dead)  -                 -      -     the control plane
            """);
    assertThat(JsonParser.parseString(StatusCommand.status(report(), true))).isEqualTo(report());
  }

  /// A process that is stopped and goes on may answer once after its lease then.
  @Test
  void saysWhereTheKernelDoesNotEndLeases() {
    JsonObject report = report();
    report.addProperty("fencedBy", "process");
    assertThat(StatusCommand.status(report, false))
        .startsWith("node n1, may hold addresses, fenced by the process only\n");
    assertThat(StatusCommand.status(report, true)).contains("\"fencedBy\": \"process\"");
    for (String quiet : List.of("kernel", "")) {
      report.addProperty("fencedBy", quiet);
      assertThat(StatusCommand.status(report, false)).startsWith("node n1, may hold addresses\n");
    }
  }

  @Test
  void oneAddressWithItsReasons() {
    assertThat(StatusCommand.explain(report(), "192.0.2.7", false))
        .contains("should hold:  n1 (holds it already)")
        .contains("next:         n2")
        .contains("here:         answered on eth0 by 02:56:c0:00:02:07, for 61 s")
        .contains("claimed by:   02:00:00:00:00:99 on eth0, 4 s ago");
    assertThat(StatusCommand.explain(report(), "2001:db8::7", false))
        .contains("held by:      n3 (dead)")
        .contains("not on n2: no running interface");
    assertThat(StatusCommand.explain(report(), "192.0.2.7", true)).contains("\"epoch\": 2");
    assertThatThrownBy(() -> StatusCommand.explain(report(), "192.0.2.9", false))
        .hasMessageContaining("192.0.2.9 is wanted by no Service");
  }

  @Test
  void onlyTheOwnerMayAskAndTheSocketGoesWithTheProcess(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("own/vip.sock");
    var socket = new StatusSocket(path, asked -> REPORT);
    socket.start();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    assertThat(StatusCommand.run(false, List.of("--status-socket=" + path), Map.of()))
        .contains("192.0.2.7");
    assertThat(
            StatusCommand.run(
                true,
                List.of("2001:DB8:0::7", "--json"),
                Map.of("vip_status_socket", path.toString())))
        .contains("2001:db8::7");
    // A second process leaves the first one's socket alone.
    new StatusSocket(path, asked -> "").start();
    assertThat(StatusSocket.ask(path, StatusSocket.Question.STATUS)).isEqualTo(REPORT);
    socket.stop();
    assertThat(path).doesNotExist();
    assertThatThrownBy(
            () -> StatusCommand.run(false, List.of("--status-socket", path.toString()), Map.of()))
        .isInstanceOf(WrongUsageException.class)
        .hasMessageContaining("no vip-manager answers at " + path);
  }

  @Test
  void whatAKilledProcessLeftIsReplaced(@TempDir Path folder) throws IOException {
    Path path = Files.createFile(folder.resolve("vip.sock"));
    var socket = new StatusSocket(path, asked -> REPORT);
    socket.start();
    assertThat(StatusSocket.ask(path, StatusSocket.Question.STATUS)).isEqualTo(REPORT);
    socket.stop();
  }

  @Test
  void aWrongCallIsRefused() {
    assertThatThrownBy(() -> StatusCommand.run(true, List.of(), Map.of()))
        .hasMessageContaining("needs an IP address");
    assertThatThrownBy(() -> StatusCommand.run(true, List.of("web"), Map.of()))
        .hasMessageContaining("\"web\"");
  }
}
