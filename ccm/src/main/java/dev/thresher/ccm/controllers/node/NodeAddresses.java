package dev.thresher.ccm.controllers.node;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.names.KubernetesNames;
import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// What `status.addresses` of a Node should be.
///
/// As upstream: the cloud's addresses, the Node's own host name if the cloud has none, and the
/// addresses that the kubelet was given (`alpha.kubernetes.io/provided-node-ip`) first and alone of
/// their type. Unlike upstream, lists are compared in order, so that a dual-stack Node with two
/// addresses of one type is not written again and again.
public final class NodeAddresses {

  private NodeAddresses() {}

  /// What to do with the addresses.
  public sealed interface Decision {

    /// They are right, or the cloud says nothing.
    record Keep() implements Decision {}

    record Write(List<MachineAddress> addresses) implements Decision {
      public Write {
        addresses = List.copyOf(addresses);
      }
    }

    /// The kubelet's addresses and the cloud's do not fit together.
    record Impossible(String message) implements Decision {}
  }

  public static Decision decide(V1Node node, List<MachineAddress> cloud) {
    if (cloud.isEmpty()) {
      return new Decision.Keep();
    }
    List<MachineAddress> wanted = new ArrayList<>(cloud);
    if (cloud.stream().noneMatch(address -> address.type() == MachineAddress.Type.HOSTNAME)) {
      present(node).stream()
          .filter(address -> address.type() == MachineAddress.Type.HOSTNAME)
          .forEach(wanted::add);
    }
    String provided = annotation(node, KubernetesNames.PROVIDED_NODE_IP);
    if (!provided.isEmpty()) {
      try {
        wanted = putFirst(parseProvided(provided), wanted);
      } catch (IllegalArgumentException e) {
        return new Decision.Impossible(String.valueOf(e.getMessage()));
      }
    }
    return wanted.equals(present(node)) ? new Decision.Keep() : new Decision.Write(wanted);
  }

  /// The document that replaces the list, for the Node with this UID only.
  static Patch patch(V1Node node, List<MachineAddress> addresses) {
    JsonArray list = new JsonArray();
    for (MachineAddress address : addresses) {
      JsonObject entry = new JsonObject();
      entry.addProperty("type", address.type().text());
      entry.addProperty("address", address.address());
      list.add(entry);
    }
    JsonObject status = new JsonObject();
    status.add("addresses", list);
    JsonObject meta = new JsonObject();
    meta.addProperty("uid", node.getMetadata().getUid());
    JsonObject whole = new JsonObject();
    whole.add("metadata", meta);
    whole.add("status", status);
    return new Patch.Merge(whole, "status");
  }

  /// The addresses that the Node has. Types unknown here are left out, so a list that has one is
  /// rewritten.
  static List<MachineAddress> present(V1Node node) {
    var status = node.getStatus();
    List<V1NodeAddress> addresses = status == null ? null : status.getAddresses();
    if (addresses == null) {
      return List.of();
    }
    List<MachineAddress> known = new ArrayList<>();
    for (V1NodeAddress address : addresses) {
      for (MachineAddress.Type type : MachineAddress.Type.values()) {
        if (type.text().equals(address.getType())) {
          known.add(new MachineAddress(type, Objects.requireNonNullElse(address.getAddress(), "")));
        }
      }
    }
    return known;
  }

  private static List<IpAddress> parseProvided(String text) {
    List<IpAddress> provided = new ArrayList<>();
    Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
    String[] parts = text.split(",", -1);
    for (String part : parts) {
      IpAddress address =
          IpAddress.tryParse(part.strip())
              .orElseThrow(() -> new IllegalArgumentException(providedIs(text)));
      if (!families.add(address.family()) || (parts.length > 1 && address.isUnspecified())) {
        throw new IllegalArgumentException(providedIs(text));
      }
      provided.add(address);
    }
    return provided;
  }

  private static String providedIs(String text) {
    return "annotation "
        + KubernetesNames.PROVIDED_NODE_IP
        + " is \""
        + text
        + "\"; want one IP address, or one IPv4 and one IPv6 address separated by a comma: correct"
        + " --node-ip of the kubelet";
  }

  private static List<MachineAddress> putFirst(
      List<IpAddress> provided, List<MachineAddress> addresses) {
    List<MachineAddress> ordered = new ArrayList<>();
    Set<MachineAddress.Type> matched = EnumSet.noneOf(MachineAddress.Type.class);
    for (IpAddress wanted : provided) {
      boolean found = false;
      for (MachineAddress address : addresses) {
        if (IpAddress.tryParse(address.address()).filter(wanted::equals).isPresent()) {
          ordered.add(address);
          matched.add(address.type());
          found = true;
        }
      }
      if (!found) {
        throw new IllegalArgumentException(
            "annotation "
                + KubernetesNames.PROVIDED_NODE_IP
                + " names "
                + wanted
                + ", which is none of the machine's addresses "
                + addresses.stream().map(MachineAddress::address).toList()
                + ": correct --node-ip of the kubelet or the machine's network");
      }
    }
    addresses.stream().filter(address -> !matched.contains(address.type())).forEach(ordered::add);
    return ordered;
  }

  private static String annotation(V1Node node, String key) {
    Map<String, String> annotations = node.getMetadata().getAnnotations();
    return annotations == null ? "" : annotations.getOrDefault(key, "");
  }
}
