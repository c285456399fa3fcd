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
  void whomTheKernelTakesForTheOwnerIsSaid() {
    JsonObject report = report();
    assertThat(StatusCommand.explain(report, "192.0.2.7", false))
        .as("of a process that does not say")
        .doesNotContain("kernel takes");
    report.add(
        "neighbors",
        JsonParser.parseString(
            """
            [{"interface": "eth0", "mac": "02:00:00:00:00:03", "state": "stale", "node": "n3"}]
            """));
    assertThat(StatusCommand.explain(report, "192.0.2.7", false))
        .contains(
            """
            claimed by:   02:00:00:00:00:99 on eth0, 4 s ago
            kernel takes: 02:00:00:00:00:03 for its owner on eth0, stale, of node n3
            should hold:  n1\
            """);
    assertThat(
            JsonParser.parseString(StatusCommand.explain(report, "192.0.2.7", true))
                .getAsJsonObject()
                .get("neighbors"))
        .isEqualTo(report.get("neighbors"));
    report.remove("neighbors");
    report.addProperty("neighborsProblem", "dump: EPERM");
    assertThat(StatusCommand.explain(report, "192.0.2.7", false))
        .contains("\nkernel takes: cannot be asked: dump: EPERM\n");
    assertThat(StatusCommand.explain(report, "192.0.2.7", true))
        .contains("\"neighborsProblem\": \"dump: EPERM\"");
  }

  @Test
  void whatAServiceNamesAndDoesNotGetIsExplained() {
    JsonObject report = report();
    report.add(
        "unheld",
        JsonParser.parseString(
            """
            [{"address": "192.0.2.7", "service": "other/web", "state": "refused",
              "why": "has port 80/TCP for Service default/web"},
             {"address": "192.0.2.9", "service": "default/new", "state": "waiting for an endpoint",
              "why": "no endpoint yet"},
             {"address": "2001:db8::9", "service": "default/foreign", "state": "not served",
              "why": "of loadBalancerClass x"}]
            """));
    assertThat(StatusCommand.explain(report, "192.0.2.7", false))
        .contains("\nnot for other/web: refused: has port 80/TCP for Service default/web\n");
    assertThat(StatusCommand.explain(report, "192.0.2.9", false))
        .startsWith(
            """
            192.0.2.9 is held by nobody
            not for default/new: waiting for an endpoint: no endpoint yet
            """);
    assertThat(StatusCommand.explain(report, "2001:db8::9", false))
        .contains("not for default/foreign: not served: of loadBalancerClass x\n");
    JsonObject json =
        JsonParser.parseString(StatusCommand.explain(report, "192.0.2.9", true)).getAsJsonObject();
    assertThat(json.get("unheld"))
        .hasToString(
            "[{\"address\":\"192.0.2.9\",\"service\":\"default/new\","
                + "\"state\":\"waiting for an endpoint\",\"why\":\"no endpoint yet\"}]");
    assertThat(StatusCommand.status(report, false))
        .endsWith(
            """
            not held:     192.0.2.7 for other/web: refused
            not held:     192.0.2.9 for default/new: waiting for an endpoint
            """);
    assertThatThrownBy(() -> StatusCommand.explain(report, "192.0.2.10", false))
        .hasMessageContaining("192.0.2.10 is wanted by no Service");
  }

  /// What the others see, in a report of a node of three voters.
  private static JsonObject withOthers() {
    JsonObject report = report();
    report.add(
        "right",
        JsonParser.parseString(
            """
            {"by": "majority", "problem": "", "leaseMillisLeft": 312, "votersVersion": 5,
             "majority": 2, "witness": false, "promisesNothingYet": false, "voters": [
               {"node": "n1", "heard": true, "answers": true},
               {"node": "n2", "heard": true, "answers": false},
               {"node": "n3", "heard": false, "answers": false}]}
            """));
    report.add(
        "silentNodes", JsonParser.parseString("{\"n3\": \"takes no part, last heard 9 ms ago\"}"));
    JsonObject held = report.getAsJsonArray("addresses").get(0).getAsJsonObject();
    held.addProperty("holderSeconds", 61);
    held.addProperty("holderSecondsAtLeast", false);
    held.add("grantedBy", JsonParser.parseString("[\"n1\", \"n2\"]"));
    held.add("refusedBy", JsonParser.parseString("{\"n3\": \"promised to n2\"}"));
    held.addProperty("promisedTo", "n1");
    held.add("notOn", JsonParser.parseString("{\"n2\": \"it is next\"}"));
    JsonObject dead = report.getAsJsonArray("addresses").get(1).getAsJsonObject();
    dead.addProperty("holderSeconds", 7);
    dead.addProperty("holderSecondsAtLeast", true);
    return report;
  }

  @Test
  void theTableSaysWhatTheRightRestsOn() {
    assertThat(StatusCommand.status(withOthers(), false))
        .isEqualTo(
            """
            node n1, may hold addresses
            right by:     majority, its lease runs for 312 ms more unless it is renewed
            voters:       n1, n2 (does not answer), n3 (not heard): 2 of 3 heard, 2 of 3 must agree (version 5)
            not heard:    n3 (takes no part, last heard 9 ms ago)

            ADDRESS      HOLDER     HERE              SINCE  NEXT  FOR
            192.0.2.7    n1         answered on eth0  61s    n2    default/web
            2001:db8::7  n3 (dead)  -                 >7s    -     the control plane
            """);
  }

  @Test
  void oneAddressWithWhatTheOthersSay() {
    assertThat(StatusCommand.explain(withOthers(), "192.0.2.7", false))
        .isEqualTo(
            """
            192.0.2.7 is for default/web
            held by:      n1, for 61 s, epoch 2
            here:         answered on eth0 by 02:56:c0:00:02:07, for 61 s
            claimed by:   02:00:00:00:00:99 on eth0, 4 s ago
            should hold:  n1 (holds it already)
            next:         n2
            not on n2: it is next
            granted by:   n1, n2
            refused by n3: promised to n2
            promised to:  n1, by this node as a voter
            right by:     majority, its lease runs for 312 ms more unless it is renewed
            voters:       n1, n2 (does not answer), n3 (not heard): 2 of 3 heard, 2 of 3 must agree (version 5)
            not heard:    n3 (takes no part, last heard 9 ms ago)
            live nodes:   n1 n2
            """);
    assertThat(StatusCommand.explain(withOthers(), "2001:db8::7", false))
        .contains("held by:      n3 (dead), for more than 7 s, epoch 1\n");
    JsonObject json =
        JsonParser.parseString(StatusCommand.explain(withOthers(), "192.0.2.7", true))
            .getAsJsonObject();
    assertThat(json.get("right")).isEqualTo(withOthers().get("right"));
    assertThat(json.get("silentNodes")).isEqualTo(withOthers().get("silentNodes"));
    assertThat(json.get("refusedBy")).hasToString("{\"n3\":\"promised to n2\"}");
  }

  @Test
  void otherRightsAndTheirTroubleInWords() {
    JsonObject report = report();
    report.add(
        "right",
        JsonParser.parseString(
            "{\"by\": \"kube-vip's leases\", \"leases\": {\"kube-system/plndr-svcs-lock\": \"n4\"}}"));
    assertThat(StatusCommand.status(report, false))
        .contains(
            "right by:     kube-vip's leases\nLease kube-system/plndr-svcs-lock is of n4\n\n");
    report.add(
        "right",
        JsonParser.parseString("{\"by\": \"majority\", \"problem\": \"it did not answer\"}"));
    assertThat(StatusCommand.status(report, false))
        .contains("right by:     majority; nothing is known of it: it did not answer\n\n");
    report.add(
        "right",
        JsonParser.parseString(
            """
            {"by": "majority", "votersVersion": 2, "majority": 2, "witness": true,
             "promisesNothingYet": true, "voters": [
               {"node": "n1", "heard": true, "answers": true},
               {"node": "n2", "heard": true, "answers": true}]}
            """));
    assertThat(StatusCommand.status(report, false))
        .contains(
            "voters:       n1, n2 and the witness: 2 of 2 heard, 2 of 3 must agree (version 2);"
                + " this node votes, and promises nothing yet\n");
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
    assertThat(StatusSocket.ask(path, StatusSocket.Asked.of(StatusSocket.Question.STATUS)))
        .isEqualTo(REPORT);
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
    assertThat(StatusSocket.ask(path, StatusSocket.Asked.of(StatusSocket.Question.STATUS)))
        .isEqualTo(REPORT);
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
