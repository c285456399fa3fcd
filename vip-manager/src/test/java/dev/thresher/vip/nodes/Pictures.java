package dev.thresher.vip.nodes;

import com.google.common.net.InetAddresses;
import dev.thresher.vip.linux.InterfaceAddress;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.Route;
import dev.thresher.vip.linux.Vlans;
import dev.thresher.vip.packet.MacAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// Pictures of a node's network, for tests: built link by link, then changed.
final class Pictures implements NodeNetwork {

  private final List<Link> links = new ArrayList<>();
  private final List<InterfaceAddress> addresses = new ArrayList<>();
  private final List<Route> routes = new ArrayList<>();
  private final List<Consumer<LinuxNetwork>> listeners = new CopyOnWriteArrayList<>();
  private volatile LinuxNetwork current = LinuxNetwork.EMPTY;

  /// A running Ethernet interface; its index is its place.
  Pictures link(String name, String kind, String... prefixes) {
    int index = links.size() + 1;
    links.add(
        new Link(
            index,
            name,
            MacAddress.parse("02:00:00:00:00:0" + index),
            true,
            true,
            true,
            1500,
            0,
            kind));
    for (String prefix : prefixes) {
      String[] parts = prefix.split("/", 2);
      addresses.add(
          new InterfaceAddress(
              index, InetAddresses.forString(parts[0]), Integer.parseInt(parts[1]), 0));
    }
    return this;
  }

  /// The link made last, with other properties.
  Pictures but(UnaryOperator<Link> change) {
    links.set(links.size() - 1, change.apply(links.getLast()));
    return this;
  }

  static Link state(Link link, boolean up, boolean carrier) {
    return new Link(
        link.index(),
        link.name(),
        link.mac(),
        link.ethernet(),
        up,
        carrier,
        link.mtu(),
        link.master(),
        link.kind(),
        link.promiscuous(),
        link.vlans());
  }

  static Link vlans(Link link, int master, Vlans vlans) {
    return new Link(
        link.index(),
        link.name(),
        link.mac(),
        link.ethernet(),
        link.up(),
        link.carrier(),
        link.mtu(),
        master,
        link.kind(),
        true,
        vlans);
  }

  static Link mtu(Link link, int mtu) {
    return new Link(
        link.index(),
        link.name(),
        link.mac(),
        link.ethernet(),
        link.up(),
        link.carrier(),
        mtu,
        link.master(),
        link.kind());
  }

  static Link infiniband(Link link) {
    return new Link(link.index(), link.name(), null, false, true, true, 2044, 0, link.kind());
  }

  /// A default route by the link made last.
  Pictures via(String gateway) {
    var next = InetAddresses.forString(gateway);
    var any = InetAddresses.forString(gateway.contains(":") ? "::" : "0.0.0.0");
    routes.add(new Route(any, 0, next, links.size(), Route.MAIN_TABLE, 100, 3));
    return this;
  }

  LinuxNetwork picture() {
    return new LinuxNetwork(links, addresses, routes);
  }

  /// Tells what was built up to now.
  Pictures tell() {
    current = picture();
    listeners.forEach(listener -> listener.accept(current));
    return this;
  }

  @Override
  public LinuxNetwork current() {
    return current;
  }

  @Override
  public void onChange(Consumer<LinuxNetwork> listener) {
    listeners.add(listener);
  }
}
