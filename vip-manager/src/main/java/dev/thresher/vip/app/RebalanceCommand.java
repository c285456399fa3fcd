package dev.thresher.vip.app;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.vip.app.SettingValues.WrongUsageException;
import dev.thresher.vip.app.StatusSocket.Asked;
import dev.thresher.vip.app.StatusSocket.Question;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/// `vip-manager rebalance`: has the process of this node hand over what a choice made afresh would
/// give to other nodes, one after the other. The pace is this program's, and it ends with it.
final class RebalanceCommand {

  private static final int RATE = 5;
  private static final int HIGHEST_RATE = 100;

  /// Longer than the process itself waits for a hand-over.
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

  private RebalanceCommand() {}

  /// @param arguments behind the command: `--dry-run`, `--json`, `--rate N`, `--status-socket PATH`
  /// @return whether all that should move did, or that was not asked for
  /// @throws WrongUsageException if the call is wrong, nobody answers, or nothing can be moved
  static boolean run(List<String> arguments, Map<String, String> environment, PrintStream out) {
    List<String> rest = new ArrayList<>(arguments);
    boolean dryRun = rest.remove("--dry-run");
    boolean json = rest.remove("--json");
    Duration pace = Duration.ofSeconds(1).dividedBy(rate(rest));
    Path socket = StatusCommand.socket(rest, environment);
    JsonObject report = asked(socket, Asked.of(Question.PLAN));
    JsonArray moves = report.getAsJsonObject("rebalance").getAsJsonArray("moves");
    if (!dryRun) {
      long next = System.nanoTime();
      for (JsonElement move : moves) {
        next = awaitTurn(next, pace);
        move.getAsJsonObject().addProperty("holder", handOver(socket, move.getAsJsonObject()));
      }
    }
    String node = report.get("node").getAsString();
    out.print(json ? json(node, moves) : told(node, moves, dryRun));
    return dryRun || moved(moves) == moves.size();
  }

  private static JsonObject asked(Path socket, Asked question) {
    JsonObject report = StatusCommand.ask(socket, question);
    String problem = report.getAsJsonObject("rebalance").get("problem").getAsString();
    if (!problem.isEmpty()) {
      throw new WrongUsageException("rebalance: " + problem);
    }
    return report;
  }

  /// @return when the one after this may begin, at the earliest
  private static long awaitTurn(long at, Duration pace) {
    while (at - System.nanoTime() > 0 && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(at - System.nanoTime());
    }
    return System.nanoTime() + pace.toNanos();
  }

  /// @return who holds it now; empty: nobody
  private static String handOver(Path socket, JsonObject move) {
    String address = move.getAsJsonArray("addresses").get(0).getAsString();
    JsonObject report = asked(socket, new Asked(Question.REBALANCE, address));
    long end = System.nanoTime() + PATIENCE.toNanos();
    // Another one may be on its way for somebody else who asked: then this one's turn comes later.
    while (isOpen(report, address) && System.nanoTime() - end < 0 && !Thread.interrupted()) {
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
      boolean begun = !report.getAsJsonObject("rebalance").getAsJsonArray("moving").isEmpty();
      report =
          asked(socket, begun ? Asked.of(Question.PLAN) : new Asked(Question.REBALANCE, address));
    }
    return holder(report, address);
  }

  /// Whether an address is still to be handed over, or is on its way.
  private static boolean isOpen(JsonObject report, String address) {
    JsonObject rebalance = report.getAsJsonObject("rebalance");
    if (contains(rebalance.getAsJsonArray("moving"), address)) {
      return true;
    }
    for (JsonElement move : rebalance.getAsJsonArray("moves")) {
      if (contains(move.getAsJsonObject().getAsJsonArray("addresses"), address)) {
        return true;
      }
    }
    return false;
  }

  private static boolean contains(JsonArray texts, String text) {
    for (JsonElement each : texts) {
      if (each.getAsString().equals(text)) {
        return true;
      }
    }
    return false;
  }

  private static String holder(JsonObject report, String address) {
    for (JsonElement element : report.getAsJsonArray("addresses")) {
      JsonObject entry = element.getAsJsonObject();
      if (entry.get("address").getAsString().equals(address)) {
        return entry.get("holder").getAsString();
      }
    }
    return "";
  }

  private static int moved(JsonArray moves) {
    int moved = 0;
    for (JsonElement element : moves) {
      JsonObject move = element.getAsJsonObject();
      moved += move.has("holder") && move.get("holder").equals(move.get("to")) ? 1 : 0;
    }
    return moved;
  }

  static String json(String node, JsonArray moves) {
    JsonObject answer = new JsonObject();
    answer.addProperty("node", node);
    answer.add("moves", moves);
    return StatusCommand.pretty(answer);
  }

  static String told(String node, JsonArray moves, boolean dryRun) {
    String head =
        moves.isEmpty()
            ? "node " + node + " holds nothing that should be elsewhere\n"
            : dryRun
                ? "node " + node + " would hand over " + moves.size() + "\n\n"
                : "node " + node + " handed over " + moved(moves) + " of " + moves.size() + "\n\n";
    if (moves.isEmpty()) {
      return head;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        dryRun
            ? List.of("ADDRESSES", "TO", "BECAUSE", "FOR")
            : List.of("ADDRESSES", "TO", "HOLDER", "BECAUSE", "FOR"));
    for (JsonElement element : moves) {
      JsonObject move = element.getAsJsonObject();
      List<String> row = new ArrayList<>();
      row.add(joined(move, "addresses"));
      row.add(move.get("to").getAsString());
      if (!dryRun) {
        row.add(
            Optional.of(move.get("holder").getAsString())
                .filter(holder -> !holder.isEmpty())
                .orElse("-"));
      }
      row.add(move.get("because").getAsString());
      row.add(joined(move, "services"));
      rows.add(row);
    }
    return head + StatusCommand.table(rows);
  }

  private static String joined(JsonObject move, String key) {
    return move.getAsJsonArray(key).asList().stream()
        .map(JsonElement::getAsString)
        .collect(Collectors.joining(","));
  }

  private static int rate(List<String> arguments) {
    Optional<String> value = CommandOptions.take(arguments, "--rate");
    if (value.isEmpty()) {
      return RATE;
    }
    try {
      int rate = Integer.parseInt(value.get());
      if (rate >= 1 && rate <= HIGHEST_RATE) {
        return rate;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new WrongUsageException(
        "--rate must be a number of hand-overs a second, 1 to "
            + HIGHEST_RATE
            + ", found \""
            + value.get()
            + "\"");
  }
}
