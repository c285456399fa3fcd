package dev.thresher.vip.app;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import dev.thresher.vip.app.StatusSocket.Question;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/// `vip-manager drain`: has the process of this node hand over what other nodes can hold, and waits
/// until it holds nothing any more.
final class DrainCommand {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration PACE = Duration.ofMillis(100);

  private DrainCommand() {}

  /// @param arguments behind the command: `--undo`, `--wait SECONDS`, `--status-socket PATH`
  /// @return whether nothing is held any more, or the drain is undone
  /// @throws WrongUsageException if the call is wrong, nobody answers, or it is refused
  static boolean run(List<String> arguments, Map<String, String> environment, PrintStream out) {
    List<String> rest = new ArrayList<>(arguments);
    boolean undo = rest.remove("--undo");
    Duration patience = patience(rest);
    Path socket = StatusCommand.socket(rest, environment);
    JsonObject report = StatusCommand.ask(socket, undo ? Question.UNDRAIN : Question.DRAIN);
    String refused = DrainRequest.read(report);
    if (!refused.isEmpty()) {
      throw new WrongUsageException("drain: " + refused);
    }
    if (undo) {
      String still = report.get("draining").getAsString();
      out.println(
          still.isEmpty()
              ? node(report) + " may be given addresses again"
              : node(report) + " is still being drained: " + still);
      return still.isEmpty();
    }
    int before = held(report).size();
    long end = System.nanoTime() + patience.toNanos();
    while (!held(report).isEmpty() && System.nanoTime() - end < 0 && !Thread.interrupted()) {
      LockSupport.parkNanos(PACE.toNanos());
      report = StatusCommand.ask(socket, Question.STATUS);
    }
    out.print(told(node(report), before, held(report)));
    return held(report).isEmpty();
  }

  /// What this node holds, by address, with the reason why it still does.
  static SortedMap<String, String> held(JsonObject report) {
    SortedMap<String, String> held = new TreeMap<>();
    for (JsonElement element : report.getAsJsonArray("addresses")) {
      JsonObject entry = element.getAsJsonObject();
      if (entry.has("here")) {
        held.put(
            entry.get("address").getAsString(),
            entry.has("because") ? entry.get("because").getAsString() : "");
      }
    }
    return held;
  }

  static String told(String node, int before, Map<String, String> left) {
    StringBuilder out = new StringBuilder();
    out.append(node)
        .append(left.isEmpty() ? " holds nothing any more" : " still holds " + left.size())
        .append(", of ")
        .append(before)
        .append(before == 1 ? " address\n" : " addresses\n");
    left.forEach((address, why) ->
        out.append("  ").append(address).append(why.isEmpty() ? "" : ": " + why).append('\n'));
    return out.toString();
  }

  private static String node(JsonObject report) {
    return "node " + report.get("node").getAsString();
  }

  private static Duration patience(List<String> arguments) {
    Optional<String> value = CommandOptions.take(arguments, "--wait");
    if (value.isEmpty()) {
      return PATIENCE;
    }
    try {
      return Duration.ofSeconds(Math.max(0, Long.parseLong(value.get())));
    } catch (NumberFormatException e) {
      throw new WrongUsageException(
          "--wait must be a number of seconds, found \"" + value.get() + "\"");
    }
  }
}
