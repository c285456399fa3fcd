package dev.thresher.vip.app;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Neighbor;
import dev.thresher.vip.linux.SystemResult;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// Whom this node's kernel takes for the owner of an address: one that is not up to date sends what
/// this node has for the address to the wrong place. Pure.
final class NeighborReport {

  private static final String LIST = "neighbors";
  private static final String PROBLEM = "neighborsProblem";

  private NeighborReport() {}

  /// Adds it to a report.
  ///
  /// @param asked the kernel's tables
  /// @param nodes by MAC the node that has it
  static void add(
      JsonObject report,
      InetAddress address,
      SystemResult<List<Neighbor>> asked,
      LinuxNetwork network,
      Map<MacAddress, String> nodes) {
    switch (asked) {
      case SystemResult.Failed<List<Neighbor>> failed ->
          report.addProperty(PROBLEM, failed.toString());
      case SystemResult.Ok<List<Neighbor>>(List<Neighbor> all) -> {
        JsonArray list = new JsonArray();
        all.stream()
            .filter(neighbor -> neighbor.address().equals(address))
            .sorted(Comparator.comparing(neighbor -> on(network, neighbor)))
            .forEach(neighbor -> list.add(entry(neighbor, network, nodes)));
        report.add(LIST, list);
      }
    }
  }

  private static JsonObject entry(
      Neighbor neighbor, LinuxNetwork network, Map<MacAddress, String> nodes) {
    JsonObject entry = new JsonObject();
    entry.addProperty("interface", on(network, neighbor));
    entry.addProperty("mac", neighbor.mac() == null ? "" : neighbor.mac().toString());
    entry.addProperty("state", neighbor.stateName());
    entry.addProperty("node", neighbor.mac() == null ? "" : nodes.getOrDefault(neighbor.mac(), ""));
    return entry;
  }

  private static String on(LinuxNetwork network, Neighbor neighbor) {
    return network
        .link(neighbor.interfaceIndex())
        .map(Link::name)
        .orElse("#" + neighbor.interfaceIndex());
  }

  /// Hands it on to what is said of one address.
  static void copy(JsonObject report, JsonObject whole) {
    for (String key : List.of(LIST, PROBLEM)) {
      if (report.has(key)) {
        whole.add(key, report.get(key));
      }
    }
  }

  /// A line for each neighbour; none where the process does not say.
  static String lines(JsonObject report) {
    StringBuilder out = new StringBuilder();
    if (report.has(PROBLEM)) {
      line(out, "cannot be asked: " + StatusCommand.text(report, PROBLEM));
    }
    if (report.get(LIST) instanceof JsonArray list) {
      if (list.isEmpty()) {
        line(out, "nobody for its owner");
      }
      for (JsonElement element : list) {
        JsonObject entry = element.getAsJsonObject();
        String node = StatusCommand.text(entry, "node");
        line(
            out,
            (StatusCommand.text(entry, "mac").equals("-")
                    ? "nobody for its owner"
                    : StatusCommand.text(entry, "mac") + " for its owner")
                + " on "
                + StatusCommand.text(entry, "interface")
                + ", "
                + StatusCommand.text(entry, "state")
                + (node.equals("-") ? "" : ", of node " + node));
      }
    }
    return out.toString();
  }

  private static void line(StringBuilder out, String text) {
    out.append("kernel takes: ").append(text).append('\n');
  }
}
