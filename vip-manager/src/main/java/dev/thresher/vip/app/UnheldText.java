package dev.thresher.vip.app;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/// What Services name and do not get, in words. Pure.
final class UnheldText {

  private UnheldText() {}

  /// The entries of a report that are about an address.
  static JsonArray of(JsonObject report, String address) {
    JsonArray found = new JsonArray();
    if (report.get("unheld") instanceof JsonArray all) {
      for (JsonElement element : all) {
        if (StatusCommand.text(element.getAsJsonObject(), "address").equals(address)) {
          found.add(element);
        }
      }
    }
    return found;
  }

  /// A line for each Service that names an address and does not get it.
  static String lines(JsonObject report, String address) {
    StringBuilder out = new StringBuilder();
    for (JsonElement element : of(report, address)) {
      JsonObject entry = element.getAsJsonObject();
      out.append("not for ").append(StatusCommand.text(entry, "service")).append(": ");
      out.append(StatusCommand.text(entry, "state")).append(": ");
      out.append(StatusCommand.text(entry, "why")).append('\n');
    }
    return out.toString();
  }

  /// A line for each address that a Service we serve names and does not get.
  static String all(JsonObject report) {
    StringBuilder out = new StringBuilder();
    if (report.get("unheld") instanceof JsonArray all) {
      for (JsonElement element : all) {
        JsonObject entry = element.getAsJsonObject();
        if (!StatusCommand.text(entry, "state").equals("not served")) {
          out.append("not held:     ").append(StatusCommand.text(entry, "address"));
          out.append(" for ").append(StatusCommand.text(entry, "service")).append(": ");
          out.append(StatusCommand.text(entry, "state")).append('\n');
        }
      }
    }
    return out.toString();
  }
}
