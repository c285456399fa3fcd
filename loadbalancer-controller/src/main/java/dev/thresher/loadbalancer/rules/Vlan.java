package dev.thresher.loadbalancer.rules;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.api.names.HarvesterNames;
import java.util.Optional;

/// The VLAN of a NetworkAttachmentDefinition.
public final class Vlan {

  private Vlan() {}

  /// By the label that Harvester's network controller sets, else by `vlan` in `spec.config`, the
  /// bridge plug-in's configuration.
  ///
  /// @param network the object as the server sent it
  /// @return 0 for none
  public static int of(JsonObject network) {
    return text(network, "metadata", "labels", HarvesterNames.VLAN_ID_LABEL)
        .or(() -> text(network, "spec", "config").flatMap(Vlan::ofConfiguration))
        .flatMap(Vlan::number)
        .orElse(0);
  }

  private static Optional<String> ofConfiguration(String configuration) {
    try {
      return text(JsonParser.parseString(configuration), "vlan");
    } catch (JsonParseException _) {
      // Not ours to judge: the plug-in will say so.
      return Optional.empty();
    }
  }

  private static Optional<String> text(JsonElement from, String... path) {
    JsonElement element = from;
    for (String key : path) {
      if (!element.isJsonObject() || !element.getAsJsonObject().has(key)) {
        return Optional.empty();
      }
      element = element.getAsJsonObject().get(key);
    }
    return element.isJsonPrimitive() ? Optional.of(element.getAsString()) : Optional.empty();
  }

  private static Optional<Integer> number(String text) {
    try {
      int vlan = Integer.parseInt(text);
      return vlan >= 0 && vlan <= 4094 ? Optional.of(vlan) : Optional.empty();
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }
}
