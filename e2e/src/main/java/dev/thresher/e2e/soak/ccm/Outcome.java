package dev.thresher.e2e.soak.ccm;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/// How a scene ended.
///
/// @param acted how long the scene itself took
/// @param settled how long it then took until nothing was wrong
/// @param services that there were then
/// @param nodes that there were then
/// @param notes what was counted
/// @param faults what was lost, changed or left over; empty if all is well
public record Outcome(
    Scene scene,
    Duration acted,
    Duration settled,
    int services,
    int nodes,
    String notes,
    List<String> faults) {

  static final String HEADER =
      "| scene | took | all well after | Services | nodes | done | faults |\n"
          + "|---|---|---|---|---|---|---|";

  public Outcome {
    faults = List.copyOf(faults);
  }

  String row() {
    return String.format(
        Locale.ROOT,
        "| %s | %.1f s | %.1f s | %d | %d | %s | %s |",
        scene.what(),
        acted.toMillis() / 1e3,
        settled.toMillis() / 1e3,
        services,
        nodes,
        notes,
        faults.isEmpty() ? "0" : "**" + faults.size() + "**");
  }
}
