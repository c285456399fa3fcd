package dev.thresher.ccm.controllers.route;

import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.Routes.Route;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// What to change in the cloud's routes. Pure.
///
/// @param delete left over or wrong
/// @param create missing or to be made again, by node
/// @param deleteFirst routes that are made again would overlap the old ones: all deletes come first
/// @param kept number of routes that each node has already as wanted
/// @param leftOver nodes without pod range whose routes go
record RoutePlan(
    List<Route> delete,
    Map<String, List<Route>> create,
    boolean deleteFirst,
    Map<String, Integer> kept,
    Set<String> leftOver) {

  RoutePlan {
    delete = List.copyOf(delete);
    create = Map.copyOf(create);
    kept = Map.copyOf(kept);
    leftOver = Set.copyOf(leftOver);
  }

  /// A node as far as its routes go.
  ///
  /// @param podCidrs compared as text, like upstream
  record Target(String name, String uid, List<String> podCidrs, List<MachineAddress> addresses) {
    Target {
      podCidrs = List.copyOf(new LinkedHashSet<>(podCidrs));
      addresses = List.copyOf(addresses);
    }
  }

  /// Nothing to do in the cloud.
  boolean isEmpty() {
    return delete.isEmpty() && create.isEmpty();
  }

  /// @param listed the cloud's routes of this cluster
  static RoutePlan of(List<Route> listed, List<Target> nodes, ClusterRanges ranges) {
    Map<String, Target> byName = new HashMap<>();
    nodes.forEach(node -> byName.put(node.name(), node));
    Set<Route> again = new HashSet<>();
    Map<String, List<Route>> create = new LinkedHashMap<>();
    Map<String, Integer> kept = new LinkedHashMap<>();
    for (Target node : nodes) {
      for (String cidr : node.podCidrs()) {
        List<Route> present =
            listed.stream()
                .filter(route -> node.name().equals(route.node()))
                .filter(route -> cidr.equals(route.destination()))
                .toList();
        List<Route> wrong = present.stream().filter(route -> !isRight(route, node)).toList();
        if (present.size() > wrong.size()) {
          kept.merge(node.name(), 1, Integer::sum);
        } else {
          create
              .computeIfAbsent(node.name(), _ -> new ArrayList<>())
              .add(new Route("", node.name(), node.addresses(), cidr, false));
        }
        again.addAll(wrong);
      }
    }
    List<Route> delete = new ArrayList<>();
    Set<String> leftOver = new HashSet<>();
    for (Route route : listed) {
      if (!ranges.covers(route.destination())) {
        continue;
      }
      Target node = byName.get(route.node());
      boolean wanted = node != null && node.podCidrs().contains(route.destination());
      if (route.blackhole() || !wanted || again.contains(route)) {
        delete.add(route);
      }
      if (node != null && node.podCidrs().isEmpty()) {
        leftOver.add(node.name());
      }
    }
    boolean deleteFirst =
        listed.stream().findFirst().map(route -> !route.nodeAddresses().isEmpty()).orElse(false);
    return new RoutePlan(delete, create, deleteFirst, kept, leftOver);
  }

  /// A route without addresses is one of a cloud that does not look at them.
  private static boolean isRight(Route route, Target node) {
    return !route.blackhole()
        && (route.nodeAddresses().isEmpty()
            || Objects.equals(
                new HashSet<>(route.nodeAddresses()), new HashSet<>(node.addresses())));
  }
}
