package dev.thresher.ccm.harvester.networks;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The contents of the ConfigMap.
///
/// @param common network to the interface name that all nodes have on it: the key that Rancher's UI
///   reads
/// @param byNode for every other network, node to interface name
public record PublishedCards(
    SortedMap<String, String> common, SortedMap<String, SortedMap<String, String>> byNode) {

  public static final PublishedCards NONE = new PublishedCards(new TreeMap<>(), new TreeMap<>());

  public PublishedCards {
    common = Collections.unmodifiableSortedMap(new TreeMap<>(common));
    byNode = Collections.unmodifiableSortedMap(new TreeMap<>(byNode));
  }

  /// Reads the ConfigMap's data. A value that is no such document counts as none: it is written
  /// anew.
  public static PublishedCards read(Map<String, String> data) {
    SortedMap<String, String> common = new TreeMap<>();
    object(data.get(HarvesterNames.NAD_MAPPING_KEY))
        .asMap()
        .forEach((network, name) -> put(common, network, name));
    SortedMap<String, SortedMap<String, String>> byNode = new TreeMap<>();
    object(data.get(ThresherNames.NAD_MAPPING_BY_NODE_KEY))
        .asMap()
        .forEach((network, nodes) -> {
          if (nodes instanceof JsonObject cards) {
            SortedMap<String, String> names = new TreeMap<>();
            cards.asMap().forEach((node, name) -> put(names, node, name));
            byNode.put(network, names);
          }
        });
    return new PublishedCards(common, byNode);
  }

  /// The value of the key that Harvester knows: a JSON object, or nothing if no network is common.
  public String commonText() {
    if (common.isEmpty()) {
      return "";
    }
    JsonObject whole = new JsonObject();
    common.forEach(whole::addProperty);
    return whole.toString();
  }

  /// The value of the key that is ours; empty if no network needs it.
  public String byNodeText() {
    if (byNode.isEmpty()) {
      return "";
    }
    JsonObject whole = new JsonObject();
    byNode.forEach((network, nodes) -> {
      JsonObject cards = new JsonObject();
      nodes.forEach(cards::addProperty);
      whole.add(network, cards);
    });
    return whole.toString();
  }

  /// The card of this node, empty if it was not told.
  String cardOf(String network, String node) {
    String name = common.get(network);
    if (name == null) {
      SortedMap<String, String> nodes = byNode.get(network);
      name = nodes == null ? null : nodes.get(node);
    }
    return Objects.requireNonNullElse(name, "");
  }

  boolean differs(String network) {
    return byNode.containsKey(network);
  }

  private static void put(Map<String, String> names, String key, JsonElement name) {
    if (name.isJsonPrimitive()) {
      names.put(key, name.getAsString());
    }
  }

  private static JsonObject object(@Nullable String text) {
    if (text == null || text.isBlank()) {
      return new JsonObject();
    }
    try {
      return JsonParser.parseString(text) instanceof JsonObject object ? object : new JsonObject();
    } catch (JsonParseException _) {
      return new JsonObject();
    }
  }
}
