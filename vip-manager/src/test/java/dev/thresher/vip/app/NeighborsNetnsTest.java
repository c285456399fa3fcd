package dev.thresher.vip.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.vip.netns.Child;
import dev.thresher.vip.netns.Namespaces;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Asked of a kernel.
@Tag("netns")
class NeighborsNetnsTest {
  private Namespaces namespaces;
  private String node;

  @BeforeEach
  void open() {
    namespaces = Namespaces.require("ip");
    node = namespaces.add("node");
    String other = namespaces.add("other");
    namespaces.cable(node, "e0", 1, other, "p0", 2);
    namespaces.cable(node, "e1", 3, other, "p1", 4);
  }

  @AfterEach
  void close() {
    if (namespaces != null) {
      namespaces.close();
    }
  }

  @Test
  void aStaleNeighbourIsSeenWithTheNodeWhoseItIs() {
    namespaces.ip(node, "neigh add 192.0.2.9 lladdr 02:00:00:00:00:99 nud stale dev e0");
    namespaces.ip(node, "neigh add 192.0.2.9 nud failed dev e1");
    namespaces.ip(node, "neigh add 192.0.2.8 lladdr 02:00:00:00:00:88 nud reachable dev e0");
    namespaces.ip(node, "neigh add 2001:db8::9 lladdr 02:00:00:00:00:77 nud permanent dev e1");
    Child process = namespaces.start(node, NeighborsProcess.class);
    JsonObject v4 = JsonParser.parseString(process.await("{")).getAsJsonObject();
    assertThat(v4.get("neighbors"))
        .isEqualTo(
            JsonParser.parseString(
                """
                [{"interface": "e0", "mac": "02:00:00:00:00:99", "state": "stale", "node": "n9"},
                 {"interface": "e1", "mac": "", "state": "failed", "node": ""}]
                """));
    assertThat(NeighborReport.lines(v4))
        .isEqualTo(
            """
            kernel takes: 02:00:00:00:00:99 for its owner on e0, stale, of node n9
            kernel takes: nobody for its owner on e1, failed
            """);
    JsonObject v6 = JsonParser.parseString(process.await("{")).getAsJsonObject();
    assertThat(NeighborReport.lines(v6))
        .isEqualTo("kernel takes: 02:00:00:00:00:77 for its owner on e1, permanent\n");
    JsonObject unknown = JsonParser.parseString(process.await("{")).getAsJsonObject();
    assertThat(NeighborReport.lines(unknown)).isEqualTo("kernel takes: nobody for its owner\n");
    process.end();
  }
}
