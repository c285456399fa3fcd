package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.address.IpFamily;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.nodes.Report;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Said;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Whether replies of back ends may get lost on a bridge of the host.
///
/// A node sends what it forwards to a back end, for its own processes and for clients of addresses
/// that it holds, under an address and a port of its own, over a router if the back end is on
/// another network. If the machine runs on that very node, the reply comes in by the bridge of the
/// machine's network. With `net.bridge.bridge-nf-call-iptables` the IP layer sees the frame there
/// already and undoes the translation before the reply has been to the router; the client waits for
/// ever. Over other nodes all is well, so it looks like one try in three that fails
/// (harvester/harvester issue 1790).
///
/// The value is not changed by any program here: a CNI that joins pods by a Linux bridge needs it.
final class BridgeNat {

  static final String TYPE = "BridgeNatAtRisk";

  private BridgeNat() {}

  /// What is to be said. Who was warned hears that it is over once that is known: as long as a node
  /// with a back end says nothing, what was said of it stands. Others hear nothing of it.
  ///
  /// @param families in which the load balancer has addresses
  /// @param reports what is known of the nodes
  /// @param object with its status as it is before this look
  static Optional<Said> look(
      Collection<Backend> backends,
      Set<IpFamily> families,
      Collection<Report> reports,
      LoadBalancer object) {
    return condition(backends, families, reports)
        .or(() ->
            StatusDocument.condition(object, TYPE)
                .map(before -> isKnown(backends, families, reports) ? over() : again(before)));
  }

  /// Whether the nodes of all back ends on a bridge say what their bridges do.
  private static boolean isKnown(
      Collection<Backend> backends, Set<IpFamily> families, Collection<Report> reports) {
    return backends.stream()
        .filter(backend -> backend.state().serves())
        .filter(backend -> bridged(backend, families).findAny().isPresent())
        .allMatch(backend ->
            reports.stream()
                .anyMatch(
                    report -> report.node().equals(backend.node()) && report.bridge().isPresent()));
  }

  private static Stream<IpFamily> bridged(Backend backend, Set<IpFamily> families) {
    return backend.networks().keySet().stream().filter(families::contains);
  }

  private static Said again(Condition before) {
    return new Said(
        TYPE,
        "True".equals(before.getStatus()),
        Objects.requireNonNullElse(before.getReason(), ""),
        Objects.requireNonNullElse(before.getMessage(), ""));
  }

  /// @return the condition if replies may get lost; empty if not, or if nothing is known
  private static Optional<Said> condition(
      Collection<Backend> backends, Set<IpFamily> families, Collection<Report> reports) {
    Map<String, TreeSet<String>> risks = new TreeMap<>();
    var settings = new TreeSet<String>();
    for (Backend backend : backends) {
      if (!backend.state().serves()) {
        continue;
      }
      reports.stream()
          .filter(report -> report.node().equals(backend.node()))
          .flatMap(report -> report.bridge().stream())
          .forEach(bridge ->
              bridged(backend, families)
                  .filter(bridge::of)
                  .forEach(family -> {
                    settings.add(
                        switch (family) {
                          case IPV4 -> "net.bridge.bridge-nf-call-iptables";
                          case IPV6 -> "net.bridge.bridge-nf-call-ip6tables";
                        });
                    risks.computeIfAbsent(backend.node(), _ -> new TreeSet<>()).add(backend.name());
                  }));
    }
    if (risks.isEmpty()) {
      return Optional.empty();
    }
    String where =
        risks.entrySet().stream()
            .map(entry -> entry.getKey() + " (" + String.join(", ", entry.getValue()) + ")")
            .collect(Collectors.joining(", "));
    return Optional.of(
        new Said(
            TYPE,
            true,
            "BridgeNetfilterOn",
            String.join(" and ", settings)
                + " is 1 on "
                + where
                + ": connections that the node forwards to a machine that it runs may hang, its own and"
                + " those to addresses that it holds, since the bridge undoes the translation of the"
                + " reply too early; set "
                + settings.stream().map(name -> name + "=0").collect(Collectors.joining(" "))
                + " there, unless the CNI joins pods by a Linux bridge and needs it: then use"
                + " back ends on the pod network (spec.backendNetwork)"));
  }

  /// What is said once that is over.
  private static Said over() {
    return new Said(
        TYPE, false, "BridgeNetfilterOff", "replies of the back ends do not get lost on a bridge");
  }
}
