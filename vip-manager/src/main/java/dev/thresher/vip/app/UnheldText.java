package dev.thresher.vip.app;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.vip.services.StatusReport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What Services name and do not get, in words. Pure.
final class UnheldText {

  private UnheldText() {}

  /// The entries of a report that are about an address.
  static JsonArray of(JsonObject report, String address) {
    JsonArray found = new JsonArray();
    about(report, address).forEach(found::add);
    return found;
  }

  /// A line for each Service that names an address and does not get it.
  static String lines(JsonObject report, String address) {
    return about(report, address)
        .map(entry ->
            "not for "
                + StatusCommand.text(entry, "service")
                + ": "
                + StatusCommand.text(entry, "state")
                + ": "
                + StatusCommand.text(entry, "why")
                + '\n')
        .collect(Collectors.joining());
  }

  /// A line for each address that a Service we serve names and does not get.
  static String all(JsonObject report) {
    return entries(report)
        .filter(entry -> !StatusCommand.text(entry, "state").equals(StatusReport.NOT_SERVED))
        .map(entry ->
            "not held:     "
                + StatusCommand.text(entry, "address")
                + " for "
                + StatusCommand.text(entry, "service")
                + ": "
                + StatusCommand.text(entry, "state")
                + '\n')
        .collect(Collectors.joining());
  }

  private static Stream<JsonObject> about(JsonObject report, String address) {
    return entries(report).filter(entry -> StatusCommand.text(entry, "address").equals(address));
  }

  private static Stream<JsonObject> entries(JsonObject report) {
    return report.get("unheld") instanceof JsonArray all
        ? all.asList().stream().map(JsonElement::getAsJsonObject)
        : Stream.empty();
  }
}
