package dev.thresher.vip.election;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.names.OwnershipNames;
import io.kubernetes.client.openapi.models.V1Lease;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The two kinds of Lease objects as values: reading and the texts of the annotations.
///
/// Reading never throws for what somebody else may have written: an annotation that cannot be read
/// is as if it were not there, and `problem` hears of it.
public final class LeaseText {

  /// Hears of annotations that cannot be read.
  public interface Problems {
    void problem(String lease, String message);
  }

  private static final String SERVES = "serves";
  private static final String SERVICES = "services";
  private static final String SERVES_CONTROL_PLANE = "controlPlane";

  private LeaseText() {}

  /// A node's Lease; empty if this is none or names no session.
  public static Optional<NodeLease> node(V1Lease lease, Problems problems) {
    V1ObjectMeta meta = lease.getMetadata();
    String name = meta.getName();
    if (name == null
        || !name.startsWith(OwnershipNames.NODE_LEASE_PREFIX)
        || name.equals(OwnershipNames.HOLDERS_LEASE)) {
      return Optional.empty();
    }
    String node = name.substring(OwnershipNames.NODE_LEASE_PREFIX.length());
    Map<String, String> annotations = annotations(meta);
    String session = annotations.get(OwnershipNames.SESSION);
    if (session == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new NodeLease(
              node,
              meta.getResourceVersion() == null ? "" : meta.getResourceVersion(),
              Session.parse(session),
              parseMesh(annotations.getOrDefault(OwnershipNames.MESH, "")),
              parseLinks(annotations.getOrDefault(OwnershipNames.LINKS, "{}")),
              "true".equals(annotations.get(OwnershipNames.LEAVING))));
    } catch (IllegalArgumentException | JsonParseException | IllegalStateException e) {
      problems.problem(name, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  /// The addresses of the control plane that a node's Lease names, whether the node runs or not.
  public static List<InetAddress> controlPlane(V1Lease lease, Problems problems) {
    List<InetAddress> addresses = new ArrayList<>();
    String text = annotations(lease.getMetadata()).getOrDefault(OwnershipNames.CONTROL_PLANE, "");
    for (String part : text.split(",", -1)) {
      String bare = part.strip();
      if (InetAddresses.isInetAddress(bare) && bare.indexOf('%') < 0) {
        addresses.add(InetAddresses.forString(bare));
      } else if (!bare.isEmpty()) {
        problems.problem(
            String.valueOf(lease.getMetadata().getName()),
            OwnershipNames.CONTROL_PLANE + ": want IP addresses, found \"" + bare + "\"");
      }
    }
    return List.copyOf(addresses);
  }

  /// What [#controlPlane] reads.
  static String controlPlane(List<InetAddress> addresses) {
    return addresses.stream().map(InetAddresses::toAddrString).collect(Collectors.joining(","));
  }

  /// Whether nobody takes addresses by this record of holders any more, because a majority of
  /// voters gives them.
  public static boolean isClosed(V1Lease record) {
    return annotations(record.getMetadata()).containsKey(OwnershipNames.CLOSED);
  }

  /// The record of holders.
  public static HoldersRecord record(V1Lease lease, Problems problems) {
    V1ObjectMeta meta = lease.getMetadata();
    var holders = new TreeMap<InetAddress, Holder>(AddressGroup.ORDER);
    long version = 0;
    for (Map.Entry<String, String> entry : annotations(meta).entrySet()) {
      try {
        if (entry.getKey().startsWith(OwnershipNames.HOLDER_PREFIX)) {
          holders.put(addressOf(entry.getKey()), Holder.parse(entry.getValue()));
        } else if (entry.getKey().equals(OwnershipNames.RECORD_VERSION)) {
          version = Long.parseLong(entry.getValue());
        }
      } catch (IllegalArgumentException e) {
        problems.problem(OwnershipNames.HOLDERS_LEASE, entry.getKey() + ": " + e.getMessage());
      }
    }
    return new HoldersRecord(
        meta.getUid() == null ? "" : meta.getUid(),
        meta.getResourceVersion() == null ? "" : meta.getResourceVersion(),
        version,
        holders);
  }

  /// The annotation under which the record names the holder of an address.
  public static String holderKey(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    String bare = zone < 0 ? text : text.substring(0, zone);
    return OwnershipNames.HOLDER_PREFIX + bare.replace(':', '-');
  }

  static InetAddress addressOf(String key) {
    String text = key.substring(OwnershipNames.HOLDER_PREFIX.length());
    return InetAddresses.forString(text.indexOf('.') >= 0 ? text : text.replace('-', ':'));
  }

  public static String mesh(List<InetSocketAddress> endpoints) {
    return endpoints.stream().map(LeaseText::endpoint).collect(Collectors.joining(","));
  }

  static String endpoint(InetSocketAddress endpoint) {
    InetAddress address = endpoint.getAddress();
    String text = InetAddresses.toAddrString(address);
    return (address instanceof Inet6Address ? "[" + text + "]" : text) + ":" + endpoint.getPort();
  }

  /// @throws IllegalArgumentException for anything else than [#mesh] writes
  public static List<InetSocketAddress> parseMesh(String text) {
    List<InetSocketAddress> endpoints = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (part.isEmpty()) {
        continue;
      }
      int colon = part.lastIndexOf(':');
      if (colon <= 0) {
        throw new IllegalArgumentException("want address:port, found \"" + part + "\"");
      }
      String host = part.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      endpoints.add(
          new InetSocketAddress(
              InetAddresses.forString(host), Integer.parseInt(part.substring(colon + 1))));
    }
    return endpoints;
  }

  public static String links(NodeLinks links) {
    JsonObject json = new JsonObject();
    if (!links.configured().isEmpty()) {
      json.addProperty("configured", links.configured());
    }
    if (links.controlPlane()) {
      json.addProperty("controlPlane", true);
    }
    if (links.draining()) {
      json.addProperty("draining", true);
    }
    if (!links.serves().equals(Serves.ALL)) {
      json.add(SERVES, serves(links.serves()));
    }
    JsonArray list = new JsonArray();
    for (NodeLinks.NodeLink link : links.links()) {
      JsonObject entry = new JsonObject();
      entry.addProperty("name", link.name());
      JsonArray subnets = new JsonArray();
      link.subnets().forEach(subnet -> subnets.add(new JsonPrimitive(subnet.toString())));
      entry.add("subnets", subnets);
      if (link.defaultV4()) {
        entry.addProperty("default4", true);
      }
      if (link.defaultV6()) {
        entry.addProperty("default6", true);
      }
      if (!link.bearer().equals(link.name())) {
        entry.addProperty("bearer", link.bearer());
      }
      list.add(entry);
    }
    json.add("links", list);
    return json.toString();
  }

  /// What is missing or of another kind is as [NodeLinks#NONE] has it.
  ///
  /// @throws IllegalArgumentException for a network that is none
  /// @throws IllegalStateException for what is no object
  /// @throws JsonParseException for what is no JSON
  public static NodeLinks parseLinks(String text) {
    JsonObject json = JsonParser.parseString(text).getAsJsonObject();
    List<NodeLinks.NodeLink> links = new ArrayList<>();
    if (json.get("links") instanceof JsonArray list) {
      for (JsonElement element : list) {
        JsonObject link = element.getAsJsonObject();
        List<Prefix> subnets = new ArrayList<>();
        if (link.get("subnets") instanceof JsonArray prefixes) {
          prefixes.forEach(prefix -> subnets.add(Prefix.parse(prefix.getAsString())));
        }
        String name = link.get("name") instanceof JsonPrimitive named ? named.getAsString() : "";
        links.add(
            new NodeLinks.NodeLink(
                name,
                subnets,
                link.get("default4") instanceof JsonPrimitive v4 && v4.getAsBoolean(),
                link.get("default6") instanceof JsonPrimitive v6 && v6.getAsBoolean(),
                link.get("bearer") instanceof JsonPrimitive bearer ? bearer.getAsString() : name));
      }
    }
    return new NodeLinks(
            json.get("configured") instanceof JsonPrimitive name ? name.getAsString() : "",
            links,
            json.get("controlPlane") instanceof JsonPrimitive well && well.getAsBoolean(),
            json.get("draining") instanceof JsonPrimitive draining && draining.getAsBoolean())
        .withServes(parseServes(json));
  }

  private static JsonArray serves(Serves serves) {
    JsonArray kinds = new JsonArray();
    if (serves.services()) {
      kinds.add(SERVICES);
    }
    if (serves.controlPlane()) {
      kinds.add(SERVES_CONTROL_PLANE);
    }
    return kinds;
  }

  private static Serves parseServes(JsonObject json) {
    return json.get(SERVES) instanceof JsonArray kinds
        ? new Serves(
            kinds.contains(new JsonPrimitive(SERVICES)),
            kinds.contains(new JsonPrimitive(SERVES_CONTROL_PLANE)))
        : Serves.ALL;
  }

  private static Map<String, String> annotations(V1ObjectMeta meta) {
    return meta.getAnnotations() == null ? Map.of() : meta.getAnnotations();
  }
}
