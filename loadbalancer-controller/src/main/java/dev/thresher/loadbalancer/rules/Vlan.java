package dev.thresher.loadbalancer.rules;

import static java.util.Objects.requireNonNullElse;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.thresher.api.cni.NetworkAttachmentDefinition;
import dev.thresher.api.cni.NetworkAttachmentDefinitionSpec;
import dev.thresher.api.names.HarvesterNames;
import java.util.Optional;
import java.util.Set;

/// The VLAN of a NetworkAttachmentDefinition.
///
/// @param clusterNetwork the cluster network, which is a bridge of each node with uplinks of its
///   own
/// @param id 0 for none: frames have no tag
public record Vlan(String clusterNetwork, int id) {

  /// Those that are in one VLAN, or in none. A trunk is in many, an overlay in none of the wire's.
  private static final Set<String> TYPES =
      Set.of("", HarvesterNames.NETWORK_TYPE_VLAN, HarvesterNames.NETWORK_TYPE_UNTAGGED);

  private static final Set<String> PLUGINS = Set.of("", "bridge");

  /// The VLAN that frames without a tag are in on a bridge, unless it is told otherwise.
  private static final int UNTAGGED = 1;

  /// What is known of the VLAN, by the labels that Harvester's network controller sets, else by
  /// `spec.config`, the bridge plug-in's configuration.
  ///
  /// @return empty if nobody can tell by this object
  public static Optional<Vlan> of(NetworkAttachmentDefinition network) {
    if (!TYPES.contains(Texts.label(network, HarvesterNames.NETWORK_TYPE_LABEL))) {
      return Optional.empty();
    }
    Optional<JsonObject> configuration = configuration(network);
    if (configuration.filter(one -> !isInOneVlan(one)).isPresent()) {
      return Optional.empty();
    }
    String label = Texts.label(network, HarvesterNames.VLAN_ID_LABEL);
    Optional<Integer> id =
        label.isEmpty()
            ? configuration.flatMap(one -> one.has("vlan") ? configured(one) : Optional.of(0))
            : number(label);
    return id.flatMap(
        known -> clusterNetwork(network, configuration).map(bridge -> new Vlan(bridge, known)));
  }

  /// As Harvester writes it on pools: by the label, else by `vlan` in `spec.config`.
  ///
  /// @return 0 for none
  public static int idOf(NetworkAttachmentDefinition network) {
    String label = Texts.label(network, HarvesterNames.VLAN_ID_LABEL);
    return (label.isEmpty() ? configuration(network).flatMap(Vlan::configured) : number(label))
        .orElse(0);
  }

  /// Whether machines of the two reach each other only through a router.
  public boolean differsFrom(Vlan other) {
    return !clusterNetwork.equals(other.clusterNetwork)
        || Math.max(UNTAGGED, id) != Math.max(UNTAGGED, other.id);
  }

  /// For messages.
  @Override
  public String toString() {
    return (id == 0 ? "untagged" : "VLAN " + id) + " on cluster network " + clusterNetwork;
  }

  private static boolean isInOneVlan(JsonObject configuration) {
    boolean trunk =
        configuration.has("vlanTrunk")
            && !(configuration.get("vlanTrunk").isJsonArray()
                && configuration.getAsJsonArray("vlanTrunk").isEmpty());
    return !trunk && PLUGINS.contains(text(configuration, "type").orElse(""));
  }

  private static Optional<String> clusterNetwork(
      NetworkAttachmentDefinition network, Optional<JsonObject> configuration) {
    return Optional.of(Texts.label(network, HarvesterNames.CLUSTER_NETWORK_LABEL))
        .filter(label -> !label.isEmpty())
        .or(() -> configuration.flatMap(one -> text(one, "bridge")).map(Vlan::withoutSuffix))
        .filter(name -> !name.isEmpty());
  }

  private static String withoutSuffix(String bridge) {
    return bridge.endsWith(HarvesterNames.BRIDGE_SUFFIX)
        ? bridge.substring(0, bridge.length() - HarvesterNames.BRIDGE_SUFFIX.length())
        : bridge;
  }

  private static Optional<Integer> configured(JsonObject configuration) {
    return text(configuration, "vlan").flatMap(Vlan::number);
  }

  private static Optional<JsonObject> configuration(NetworkAttachmentDefinition network) {
    var spec = requireNonNullElse(network.getSpec(), new NetworkAttachmentDefinitionSpec());
    try {
      JsonElement parsed = JsonParser.parseString(Texts.text(spec.getConfig()));
      return parsed.isJsonObject() ? Optional.of(parsed.getAsJsonObject()) : Optional.empty();
    } catch (JsonParseException _) {
      // Not ours to judge: the plug-in will say so.
      return Optional.empty();
    }
  }

  private static Optional<String> text(JsonObject from, String key) {
    JsonElement element = from.get(key);
    return element != null && element.isJsonPrimitive()
        ? Optional.of(element.getAsString())
        : Optional.empty();
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
