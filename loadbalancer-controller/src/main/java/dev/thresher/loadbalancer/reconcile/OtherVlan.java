package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.reconcile.Backends.Backend;
import dev.thresher.loadbalancer.reconcile.StatusDocument.Said;
import dev.thresher.loadbalancer.rules.Vlan;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Whether a back end is in another VLAN than the pool of the address.
///
/// Between VLANs there is a router or there is nothing, which no object of the cluster tells: so a
/// person is told, and nothing is refused. What is not known is not told. Of the management
/// network, a pool without a network, nobody knows the VLAN: it is the installer's and the
/// switch's, and no NetworkAttachmentDefinition stands for it.
final class OtherVlan {

  static final String TYPE = "BackendsInOtherVlan";

  /// Of more machines on one network the number is said.
  private static final int NAMED = 5;

  private OtherVlan() {}

  /// Two networks in different VLANs.
  private record Crossing(String pool, String network, String other)
      implements Comparable<Crossing> {
    private static final Comparator<Crossing> ORDER =
        Comparator.comparing(Crossing::pool)
            .thenComparing(Crossing::network)
            .thenComparing(Crossing::other);

    @Override
    public int compareTo(Crossing that) {
      return ORDER.compare(this, that);
    }
  }

  /// What is to be said, as in [#condition]; who was warned hears that it is over, others hear
  /// nothing of it.
  ///
  /// @param object with its status as it is before this look
  static Optional<Said> look(
      Collection<Claim> claims,
      Collection<Backend> backends,
      Function<String, Optional<Vlan>> vlans,
      LoadBalancer object) {
    return condition(claims, backends, vlans)
        .or(() -> StatusDocument.condition(object, TYPE).map(_ -> over()));
  }

  /// @param claims of the addresses
  /// @param vlans what is known of the VLAN of a network, by its name
  /// @return the condition if a back end in use is known to be in another VLAN
  static Optional<Said> condition(
      Collection<Claim> claims,
      Collection<Backend> backends,
      Function<String, Optional<Vlan>> vlans) {
    Map<Crossing, Set<String>> crossings = new TreeMap<>();
    for (Claim claim : claims) {
      Optional<Vlan> own = vlans.apply(claim.key().network());
      for (Backend backend : backends) {
        String network = backend.networks().get(claim.family());
        if (network != null
            && backend.state().serves()
            && own.flatMap(one -> vlans.apply(network).filter(one::differsFrom)).isPresent()) {
          crossings
              .computeIfAbsent(
                  new Crossing(claim.pool(), claim.key().network(), network), _ -> new TreeSet<>())
              .add(backend.name());
        }
      }
    }
    if (crossings.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Said(
            TYPE,
            true,
            "VlansDiffer",
            crossings.entrySet().stream()
                    .map(entry -> text(entry.getKey(), entry.getValue(), vlans))
                    .collect(Collectors.joining("; "))
                + ": machines in different VLANs reach each other only through a router; see to it"
                + " that one leads from each of the two to the other, or take a pool on the network"
                + " of the machines, or machines on that of the pool (spec.backendNetwork)"));
  }

  /// What is said once that is over.
  private static Said over() {
    return new Said(
        TYPE,
        false,
        "NoOtherVlan",
        "no back end is known to be in another VLAN than the pool of the address");
  }

  private static String text(
      Crossing crossing, Set<String> machines, Function<String, Optional<Vlan>> vlans) {
    String named = machines.stream().limit(NAMED).collect(Collectors.joining(", "));
    return "pool \""
        + crossing.pool()
        + "\" is on "
        + text(crossing.network(), vlans)
        + ", and "
        + (machines.size() > NAMED ? named + " and " + (machines.size() - NAMED) + " more" : named)
        + (machines.size() == 1 ? " is" : " are")
        + " reached on "
        + text(crossing.other(), vlans);
  }

  private static String text(String network, Function<String, Optional<Vlan>> vlans) {
    return network + vlans.apply(network).map(vlan -> " (" + vlan + ")").orElse("");
  }
}
