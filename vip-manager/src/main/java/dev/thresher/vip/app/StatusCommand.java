package dev.thresher.vip.app;

import com.google.common.net.InetAddresses;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// `vip-manager status` and `vip-manager explain ADDRESS`: asks the process of this node what it
/// knows. What is printed follows from the answer alone.
final class StatusCommand {

  private StatusCommand() {}

  /// @param arguments behind the command: `--json`, `--status-socket PATH`, for `explain` an
  ///   address
  /// @throws WrongUsageException if the call is wrong or nobody answers
  static String run(boolean explain, List<String> arguments, Map<String, String> environment) {
    List<String> rest = new ArrayList<>(arguments);
    boolean json = rest.remove("--json");
    String wanted = explain ? address(rest) : "";
    JsonObject report =
        ask(
            socket(rest, environment),
            new StatusSocket.Asked(StatusSocket.Question.STATUS, wanted));
    return explain ? explain(report, wanted, json) : status(report, json);
  }

  /// Where the process of this node is asked.
  static Path socket(List<String> arguments, Map<String, String> environment) {
    return Path.of(SettingValues.read(arguments, environment).text(Settings.STATUS_SOCKET));
  }

  /// @throws WrongUsageException if nobody answers
  static JsonObject ask(Path socket, StatusSocket.Question question) {
    return ask(socket, StatusSocket.Asked.of(question));
  }

  /// @throws WrongUsageException if nobody answers
  static JsonObject ask(Path socket, StatusSocket.Asked question) {
    try {
      String answer = StatusSocket.ask(socket, question);
      if (answer.isEmpty()) {
        throw new WrongUsageException(
            "the vip-manager that answers at " + socket + " is of a version that cannot do this");
      }
      return JsonParser.parseString(answer).getAsJsonObject();
    } catch (IOException e) {
      throw new WrongUsageException(
          "no vip-manager answers at "
              + socket
              + " ("
              + e.getMessage()
              + "): run this on its node, or in its pod, as its user");
    }
  }

  private static String address(List<String> arguments) {
    String text = arguments.isEmpty() ? "" : arguments.removeFirst();
    if (!InetAddresses.isInetAddress(text)) {
      throw new WrongUsageException("explain needs an IP address, found \"" + text + "\"");
    }
    return InetAddresses.toAddrString(InetAddresses.forString(text));
  }

  static String status(JsonObject report, boolean json) {
    if (json) {
      return pretty(report);
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("ADDRESS", "HOLDER", "HERE", "SINCE", "NEXT", "FOR"));
    for (JsonElement element : report.getAsJsonArray("addresses")) {
      JsonObject entry = element.getAsJsonObject();
      rows.add(
          List.of(
              text(entry, "address"),
              holder(entry),
              text(entry, "here"),
              since(entry),
              text(entry, "next"),
              purpose(entry)));
    }
    return "node "
        + text(report, "node")
        + (text(report, "session").equals("-")
            ? ", has no right to hold anything now"
            : ", may hold addresses")
        + (text(report, "fencedBy").equals("process") ? ", fenced by the process only" : "")
        + (text(report, "draining").equals("-")
            ? ""
            : ", is being drained: " + text(report, "draining"))
        + '\n'
        + RightText.of(report)
        + '\n'
        + table(rows)
        + UnheldText.all(report);
  }

  static String explain(JsonObject report, String address, boolean json) {
    for (JsonElement element : report.getAsJsonArray("addresses")) {
      JsonObject entry = element.getAsJsonObject();
      if (text(entry, "address").equals(address)) {
        return json ? pretty(whole(entry, report)) : explain(entry, report);
      }
    }
    JsonArray unheld = UnheldText.of(report, address);
    if (!unheld.isEmpty()) {
      JsonObject entry = new JsonObject();
      entry.addProperty("address", address);
      return json
          ? pretty(whole(entry, report))
          : address
              + " is held by nobody\n"
              + NeighborReport.lines(report)
              + UnheldText.lines(report, address)
              + RightText.of(report);
    }
    throw new WrongUsageException(
        address
            + " is wanted by no Service and held by nobody, as far as node "
            + text(report, "node")
            + " knows");
  }

  /// With what is the same for all addresses.
  private static JsonObject whole(JsonObject entry, JsonObject report) {
    JsonObject whole = entry.deepCopy();
    for (String key : List.of("node", "right", "silentNodes")) {
      if (report.has(key)) {
        whole.add(key, report.get(key));
      }
    }
    NeighborReport.copy(report, whole);
    whole.add("unheld", UnheldText.of(report, text(entry, "address")));
    return whole;
  }

  /// For how long the holder has it, `>` if for longer than was seen.
  private static String since(JsonObject entry) {
    if (entry.has("heldSeconds")) {
      return text(entry, "heldSeconds") + "s";
    }
    return entry.has("holderSeconds")
        ? (atLeast(entry) ? ">" : "") + text(entry, "holderSeconds") + "s"
        : "-";
  }

  private static boolean atLeast(JsonObject entry) {
    return text(entry, "holderSecondsAtLeast").equals("true");
  }

  private static String explain(JsonObject entry, JsonObject report) {
    StringBuilder out = new StringBuilder();
    out.append(text(entry, "address")).append(" is for ").append(purpose(entry)).append('\n');
    out.append("held by:      ").append(holder(entry));
    if (entry.has("holderSeconds")) {
      out.append(atLeast(entry) ? ", for more than " : ", for ");
      out.append(text(entry, "holderSeconds")).append(" s");
    }
    out.append(text(entry, "holder").equals("-") ? "" : ", epoch " + text(entry, "epoch"));
    out.append('\n');
    out.append("here:         ").append(text(entry, "here"));
    if (entry.has("virtualMac")) {
      out.append(" by ").append(text(entry, "virtualMac"));
    }
    if (entry.has("heldSeconds")) {
      out.append(", for ").append(text(entry, "heldSeconds")).append(" s");
    }
    if (entry.get("claimedBy") instanceof JsonArray rivals) {
      for (JsonElement rival : rivals) {
        JsonObject claim = rival.getAsJsonObject();
        out.append("\nclaimed by:   ").append(text(claim, "mac"));
        out.append(" on ").append(text(claim, "interface"));
        out.append(", ").append(text(claim, "secondsAgo")).append(" s ago");
      }
    }
    out.append('\n').append(NeighborReport.lines(report));
    out.append("should hold:  ").append(text(entry, "shouldHold"));
    if (entry.has("because")) {
      out.append(" (").append(text(entry, "because")).append(')');
    }
    out.append("\nnext:         ").append(text(entry, "next")).append('\n');
    if (entry.get("notOn") instanceof JsonObject reasons) {
      for (String node : reasons.keySet()) {
        out.append("not on ").append(node).append(": ").append(text(reasons, node)).append('\n');
      }
    }
    out.append(UnheldText.lines(report, text(entry, "address")));
    out.append(RightText.words(entry)).append(RightText.of(report));
    JsonArray nodes = report.getAsJsonArray("nodes");
    out.append("live nodes:  ");
    for (JsonElement node : nodes) {
      JsonObject object = node.getAsJsonObject();
      out.append(' ').append(text(object, "name"));
      out.append(text(object, "draining").equals("true") ? " (being drained)" : "");
      out.append(
          object.get("notHeardOn") instanceof JsonObject networks && !networks.isEmpty()
              ? " (not heard on " + String.join(", ", networks.keySet()) + ")"
              : "");
    }
    return out.append('\n').toString();
  }

  private static String holder(JsonObject entry) {
    String holder = text(entry, "holder");
    boolean dead = !holder.equals("-") && !entry.get("holderLives").getAsBoolean();
    return dead ? holder + " (dead)" : holder;
  }

  private static String purpose(JsonObject entry) {
    List<String> services = new ArrayList<>();
    entry.getAsJsonArray("services").forEach(service -> services.add(service.getAsString()));
    if (!services.isEmpty()) {
      return String.join(",", services);
    }
    return entry.has("shouldHold") || entry.has("notOn") ? "the control plane" : "nothing any more";
  }

  static String text(JsonObject object, String key) {
    JsonElement value = object.get(key);
    return value == null || value.getAsString().isEmpty() ? "-" : value.getAsString();
  }

  static String pretty(JsonObject object) {
    return new GsonBuilder().setPrettyPrinting().create().toJson(object) + "\n";
  }

  static String table(List<List<String>> rows) {
    StringBuilder out = new StringBuilder();
    int columns = rows.getFirst().size();
    int[] width = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        width[i] = Math.max(width[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        line.append(row.get(i)).append(" ".repeat(width[i] - row.get(i).length() + 2));
      }
      out.append(line.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }
}
