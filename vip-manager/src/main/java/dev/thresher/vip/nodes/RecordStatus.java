package dev.thresher.vip.nodes;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.vip.linux.InterfaceAddress;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.Route;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// The status of a node's `NodeNetwork`, made of the picture of its network: a pure function.
///
/// Lists are sorted and times change with conditions only, so that the same network gives the same
/// document.
final class RecordStatus {

  static final String READY = "Ready";

  private static final int INTERFACES_AT_MOST = 500;
  private static final int ADDRESSES_AT_MOST = 1000;
  private static final int ROUTES_AT_MOST = 64;
  private static final int MESSAGE_AT_MOST = 4096;

  /// RFC 8200 5.
  private static final int LEAST_MTU_OF_IPV6 = 1280;

  /// Whether something is so, and why.
  private record Finding(boolean ready, String reason, String message) {}

  private record Judged(Link link, boolean used, Finding finding) {}

  private RecordStatus() {}

  /// @param network without the devices that are ignored
  /// @param before the status as it is now, for the times; empty if there is none
  /// @param now RFC 3339, the time of conditions that change
  static JsonObject of(
      LinuxNetwork network, InterfaceSettings settings, JsonObject before, String now) {
    List<Judged> all =
        network.links().stream()
            .sorted(Comparator.comparing(Link::name))
            .map(link -> new Judged(link, isUsed(network, settings, link), finding(link)))
            .toList();
    JsonArray interfaces = new JsonArray();
    all.stream()
        // Should there be too many, those in use are shown.
        .sorted(Comparator.comparing(judged -> !judged.used()))
        .limit(INTERFACES_AT_MOST)
        .sorted(Comparator.comparing(judged -> judged.link().name()))
        .forEach(judged -> interfaces.add(shown(network, judged, before, now)));
    JsonObject status = new JsonObject();
    status.addProperty("setting", settings.source());
    status.add("interfaces", interfaces);
    status.addProperty("interfacesOmitted", all.size() - interfaces.size());
    status.add("conditions", conditions(summary(all, settings), before, now));
    return status;
  }

  private static JsonObject shown(
      LinuxNetwork network, Judged judged, JsonObject before, String now) {
    Link link = judged.link();
    JsonObject object = new JsonObject();
    object.addProperty("name", link.name());
    object.addProperty("index", link.index());
    object.addProperty("type", link.kind().isEmpty() ? "device" : link.kind());
    if (link.mac() != null) {
      object.addProperty("mac", link.mac().toString());
    }
    object.addProperty("state", !link.up() ? "down" : link.carrier() ? "up" : "no-carrier");
    object.addProperty("mtu", link.mtu());
    object.add(
        "addresses",
        texts(
            network.addresses().stream()
                .filter(own -> own.interfaceIndex() == link.index())
                .map(RecordStatus::text)
                .sorted()
                .limit(ADDRESSES_AT_MOST)
                .toList()));
    if (link.master() != 0) {
      object.addProperty(
          "master", network.link(link.master()).map(Link::name).orElse("#" + link.master()));
    }
    object.addProperty("promiscuous", link.promiscuous());
    if (link.kind().equals("bridge")) {
      object.addProperty("vlanFiltering", link.vlans().filtering());
    }
    object.add("vlans", texts(link.vlans().ids().stream().map(Object::toString).toList()));
    object.addProperty("used", judged.used());
    addRoutes(object, network, link);
    object.add("conditions", conditions(judged.finding(), interfaceIn(before, link.name()), now));
    return object;
  }

  private static void addRoutes(JsonObject object, LinuxNetwork network, Link link) {
    List<JsonObject> routes =
        network.routes().stream()
            .filter(route -> route.interfaceIndex() == link.index())
            .filter(route -> route.table() == Route.MAIN_TABLE)
            .sorted(
                // Those that lead farthest first, should there be too many.
                Comparator.comparingInt(Route::prefixLength)
                    .thenComparing(route -> InetAddresses.toAddrString(route.destination()))
                    .thenComparingLong(route -> Integer.toUnsignedLong(route.metric()))
                    .thenComparing(route -> String.valueOf(route.gateway())))
            .map(RecordStatus::route)
            .toList();
    JsonArray shown = new JsonArray();
    routes.stream().limit(ROUTES_AT_MOST).forEach(shown::add);
    object.add("routes", shown);
    object.addProperty("routesOmitted", routes.size() - shown.size());
  }

  private static JsonObject route(Route route) {
    JsonObject object = new JsonObject();
    object.addProperty(
        "destination",
        InetAddresses.toAddrString(route.destination()) + "/" + route.prefixLength());
    if (route.gateway() != null) {
      object.addProperty("gateway", InetAddresses.toAddrString(route.gateway()));
    }
    object.addProperty("metric", Integer.toUnsignedLong(route.metric()));
    return object;
  }

  /// A port that is named stands for its bridge or bond.
  private static boolean isUsed(LinuxNetwork network, InterfaceSettings settings, Link link) {
    if (!settings.used().isEmpty()) {
      return network.links().stream()
          .filter(named -> settings.used().matches(named.name()))
          .anyMatch(named -> network.bearer(named).index() == link.index());
    }
    return link.ethernet()
        && link.mac() != null
        && (network.addresses().stream()
                .filter(own -> own.interfaceIndex() == link.index())
                .anyMatch(RecordStatus::saysANetwork)
            || network.routes().stream()
                .anyMatch(route -> route.isDefault() && route.interfaceIndex() == link.index()));
  }

  private static boolean saysANetwork(InterfaceAddress own) {
    return !own.address().isLinkLocalAddress()
        && own.prefixLength() < own.address().getAddress().length * 8;
  }

  private static Finding finding(Link link) {
    if (!link.ethernet() || link.mac() == null) {
      return new Finding(
          false,
          "NotEthernet",
          "ARP and neighbour discovery cannot be answered here: name an Ethernet interface");
    }
    if (!link.up()) {
      return new Finding(false, "Down", "it is switched off: ip link set " + link.name() + " up");
    }
    if (!link.carrier()) {
      return new Finding(false, "NoCarrier", "nothing can be sent: look at cable, switch or ports");
    }
    return link.mtu() < LEAST_MTU_OF_IPV6
        ? new Finding(
            true, "OnlyIPv4", "IPv6 needs an MTU of " + LEAST_MTU_OF_IPV6 + ", found " + link.mtu())
        : new Finding(true, "Running", "");
  }

  /// The worst of the interfaces in use.
  private static Finding summary(List<Judged> all, InterfaceSettings settings) {
    List<Judged> used = all.stream().filter(Judged::used).toList();
    if (used.isEmpty()) {
      return new Finding(false, "NoInterface", missing(all, settings));
    }
    List<Judged> bad = used.stream().filter(judged -> !judged.finding().ready()).toList();
    if (!bad.isEmpty()) {
      return new Finding(
          false,
          bad.getFirst().finding().reason(),
          bad.stream()
              .map(judged -> judged.link().name() + ": " + judged.finding().message())
              .collect(Collectors.joining("; ")));
    }
    return new Finding(
        true,
        "InterfacesReady",
        used.stream().map(judged -> judged.link().name()).collect(Collectors.joining(", ")));
  }

  private static String missing(List<Judged> all, InterfaceSettings settings) {
    String there =
        all.stream().map(judged -> judged.link().name()).collect(Collectors.joining(", "));
    String wanted =
        settings.used().isEmpty()
            ? "no Ethernet interface has an address or the default route"
            : "no interface is named "
                + settings.used()
                + ", which "
                + (settings.source().isEmpty()
                    ? "vip_servicesinterface or vip_interface"
                    : "the NodeNetworkSetting " + settings.source())
                + " wants";
    return wanted + "; there are: " + (there.isEmpty() ? "none" : there);
  }

  private static JsonArray conditions(Finding finding, JsonObject before, String now) {
    String status = finding.ready() ? "True" : "False";
    JsonObject condition = new JsonObject();
    condition.addProperty("type", READY);
    condition.addProperty("status", status);
    condition.addProperty("reason", finding.reason());
    String message = finding.message();
    condition.addProperty(
        "message",
        message.length() <= MESSAGE_AT_MOST ? message : message.substring(0, MESSAGE_AT_MOST));
    condition.addProperty("lastTransitionTime", since(before, status).orElse(now));
    JsonArray list = new JsonArray();
    list.add(condition);
    return list;
  }

  private static Optional<String> since(JsonObject before, String status) {
    return elements(before, "conditions").stream()
        .filter(condition -> READY.equals(text(condition, "type")))
        .filter(condition -> status.equals(text(condition, "status")))
        .map(condition -> text(condition, "lastTransitionTime"))
        .filter(time -> !time.isEmpty())
        .findFirst();
  }

  private static JsonObject interfaceIn(JsonObject status, String name) {
    return elements(status, "interfaces").stream()
        .filter(shown -> name.equals(text(shown, "name")))
        .findFirst()
        .orElseGet(JsonObject::new);
  }

  private static List<JsonObject> elements(JsonObject object, String field) {
    List<JsonObject> found = new ArrayList<>();
    if (object.get(field) instanceof JsonArray list) {
      for (JsonElement element : list) {
        if (element instanceof JsonObject entry) {
          found.add(entry);
        }
      }
    }
    return found;
  }

  private static String text(JsonObject object, String field) {
    return object.get(field) instanceof JsonPrimitive text ? text.getAsString() : "";
  }

  private static String text(InterfaceAddress own) {
    return InetAddresses.toAddrString(own.address()) + "/" + own.prefixLength();
  }

  private static JsonArray texts(List<String> values) {
    JsonArray array = new JsonArray();
    values.forEach(array::add);
    return array;
  }
}
