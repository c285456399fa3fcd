package dev.thresher.vip.nodes;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.net.NetTypes;
import dev.thresher.api.net.NodeInterface;
import dev.thresher.api.net.NodeNetwork;
import dev.thresher.api.net.NodeRoute;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// The object `NodeNetwork` around its status.
final class RecordDocument {

  private RecordDocument() {}

  /// The object without its status, which has a subresource of its own.
  ///
  /// @param nodeUid the record goes with that Node
  static JsonObject create(String node, String nodeUid) {
    JsonObject owner = new JsonObject();
    owner.addProperty("apiVersion", "v1");
    owner.addProperty("kind", "Node");
    owner.addProperty("name", node);
    owner.addProperty("uid", nodeUid);
    JsonArray owners = new JsonArray();
    owners.add(owner);
    JsonObject metadata = new JsonObject();
    metadata.addProperty("name", node);
    metadata.add("ownerReferences", owners);
    JsonObject object = new JsonObject();
    object.addProperty("apiVersion", NetTypes.NODE_NETWORK.apiVersion());
    object.addProperty("kind", NetTypes.NODE_NETWORK.kind());
    object.add("metadata", metadata);
    return object;
  }

  /// The fields of ours; others in the status stay.
  static Patch patch(JsonObject status) {
    return new Patch.Merge(Patches.nest(status, "status"), "status");
  }

  /// The status of an object as the server sent it; without fields if it has none.
  static JsonObject status(JsonObject object) {
    return object.get("status") instanceof JsonObject status ? status : new JsonObject();
  }

  /// True if every field of ours is there as it should be.
  static boolean says(JsonObject status, JsonObject wanted) {
    return wanted.entrySet().stream()
        .allMatch(field -> field.getValue().equals(status.get(field.getKey())));
  }

  /// By node the networks that it has on interfaces in use, whether it runs or not. What cannot be
  /// read in a record counts as not said.
  static Map<String, Set<Prefix>> networks(Collection<NodeNetwork> records) {
    return records.stream()
        .filter(record -> record.getStatus() != null && record.getMetadata().getName() != null)
        .collect(
            Collectors.toUnmodifiableMap(
                record -> Objects.requireNonNull(record.getMetadata().getName()),
                record ->
                    record.getStatus().getInterfaces().stream()
                        .filter(shown -> Boolean.TRUE.equals(shown.getUsed()))
                        .flatMap(shown -> prefixes(shown).stream())
                        .collect(Collectors.toUnmodifiableSet())));
  }

  /// By MAC the node that has it on an interface; of several, all of them. What is no MAC is left
  /// out.
  static Map<MacAddress, String> macs(Collection<NodeNetwork> records) {
    Map<MacAddress, SortedSet<String>> nodes = new HashMap<>();
    for (NodeNetwork record : records) {
      String node = record.getMetadata().getName();
      if (record.getStatus() == null || node == null) {
        continue;
      }
      for (NodeInterface shown : record.getStatus().getInterfaces()) {
        mac(shown).ifPresent(mac -> nodes.computeIfAbsent(mac, _ -> new TreeSet<>()).add(node));
      }
    }
    return nodes.entrySet().stream()
        .collect(
            Collectors.toUnmodifiableMap(
                Map.Entry::getKey, entry -> String.join(", ", entry.getValue())));
  }

  private static Optional<MacAddress> mac(NodeInterface shown) {
    try {
      return Optional.ofNullable(shown.getMac()).map(MacAddress::parse);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /// By address the node whose gateway it is.
  static Map<InetAddress, String> gateways(Collection<NodeNetwork> records) {
    Map<InetAddress, String> gateways = new HashMap<>();
    for (NodeNetwork record : records) {
      if (record.getStatus() == null) {
        continue;
      }
      for (NodeInterface shown : record.getStatus().getInterfaces()) {
        for (NodeRoute route : shown.getRoutes()) {
          String gateway = route.getGateway();
          if (gateway != null && InetAddresses.isInetAddress(gateway)) {
            gateways.put(InetAddresses.forString(gateway), record.getMetadata().getName());
          }
        }
      }
    }
    return Map.copyOf(gateways);
  }

  private static List<Prefix> prefixes(NodeInterface shown) {
    return shown.getAddresses().stream()
        .filter(RecordDocument::isPrefix)
        .map(Prefix::parse)
        .filter(own -> !own.isHost() && !own.address().isLinkLocalAddress())
        .toList();
  }

  private static boolean isPrefix(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || !InetAddresses.isInetAddress(text.substring(0, slash))) {
      return false;
    }
    String length = text.substring(slash + 1);
    return length.matches("\\d{1,3}")
        && Integer.parseInt(length)
            <= InetAddresses.forString(text.substring(0, slash)).getAddress().length * 8;
  }
}
