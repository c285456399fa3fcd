package dev.thresher.loadbalancer.report;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimKey;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.PoolProjection;
import dev.thresher.loadbalancer.report.Finding.Kind;
import dev.thresher.loadbalancer.rules.PoolReading;
import dev.thresher.loadbalancer.rules.PoolRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What does not fit together. Nobody is held to be right: what is said is who says what.
final class Findings {

  private static final String BY_ITSELF =
      "nothing: the controller brings it into line; if it stays,"
          + " see its log and the condition of the load balancer";

  private final Snapshot snapshot;
  private final Map<Owner, Snapshot.Balancer> byOwner;
  private final Map<String, String> networks = new HashMap<>();
  private final Map<ClaimKey, Claim> active = new HashMap<>();
  private final List<Finding> all = new ArrayList<>();

  private Findings(Snapshot snapshot, Map<Owner, Snapshot.Balancer> byOwner) {
    this.snapshot = snapshot;
    this.byOwner = byOwner;
    snapshot
        .pools()
        .forEach(pool -> networks.put(pool.getMetadata().getName(), PoolRules.networkOf(pool)));
    snapshot.unreadable().stream()
        .filter(one -> one.kind().equals(LoadBalancerTypes.IP_POOL.kind()))
        .forEach(pool -> networks.put(pool.name(), ""));
    snapshot.claims().stream()
        .filter(Claim::active)
        .forEach(claim -> active.put(claim.key(), claim));
  }

  static List<Finding> of(Snapshot snapshot, Map<Owner, Snapshot.Balancer> byOwner) {
    var findings = new Findings(snapshot, byOwner);
    findings.statuses();
    findings.claims();
    snapshot.unreadable().forEach(findings::unreadable);
    snapshot.pools().forEach(findings::pool);
    snapshot.balancers().forEach(findings::bridge);
    snapshot.balancers().forEach(findings::otherVlan);
    findings.all.sort(
        Comparator.comparing(Finding::kind)
            .thenComparing(Finding::pool)
            .thenComparing(Finding::address)
            .thenComparing(Finding::message));
    return findings.all;
  }

  private void add(Kind kind, Object address, String pool, String message, String fix) {
    all.add(new Finding(kind, address.toString(), pool, message, fix));
  }

  /// Addresses that the load balancers' statuses name.
  private void statuses() {
    Map<ClaimKey, Set<Owner>> named = new LinkedHashMap<>();
    for (Snapshot.Balancer balancer : snapshot.balancers()) {
      for (Snapshot.Held held : balancer.addresses()) {
        var key = new ClaimKey(networks.getOrDefault(held.pool(), ""), held.address());
        Claim claim = active.get(key);
        if (claim != null
            && !claim.owner().equals(balancer.owner())
            && claim.isSharedBy(balancer.owner().namespace(), claim.shareGroup())) {
          continue;
        }
        named.computeIfAbsent(key, _ -> new TreeSet<>()).add(balancer.owner());
        if (claim == null) {
          add(
              Kind.MISMATCH,
              held.address(),
              held.pool(),
              "the status of " + balancer.owner() + " names it, but no claim does",
              BY_ITSELF);
        } else if (!claim.owner().equals(balancer.owner())) {
          add(
              Kind.CONFLICT,
              held.address(),
              held.pool(),
              "the status of "
                  + balancer.owner()
                  + " names it, but it is claimed for "
                  + claim.owner(),
              "decide who keeps it, and delete and create the other load balancer again");
        }
      }
    }
    named.forEach((key, owners) -> {
      if (owners.size() > 1) {
        add(
            Kind.CONFLICT,
            key.address(),
            "",
            "the status of several load balancers names it: " + text(owners),
            "decide who keeps it, and delete and create the others again");
      }
    });
  }

  private static String text(Collection<Owner> owners) {
    return String.join(", ", owners.stream().map(Owner::toString).toList());
  }

  private void claims() {
    for (Claim claim : snapshot.claims()) {
      if (!claim.active()) {
        continue;
      }
      Optional<Snapshot.Balancer> owner = Optional.ofNullable(byOwner.get(claim.owner()));
      if (owner.isEmpty() && isUnreadable(claim.owner().toString())) {
        continue;
      }
      if (owner.isEmpty()) {
        add(
            Kind.ORPHAN,
            claim.address(),
            claim.pool(),
            "claimed for " + claim.owner() + ", which does not exist",
            "nothing while the controller runs: it releases it; else start it");
        continue;
      }
      boolean said =
          owner.get().addresses().stream().anyMatch(held -> held.address().equals(claim.address()));
      if (!said) {
        add(
            Kind.MISMATCH,
            claim.address(),
            claim.pool(),
            "claimed for " + claim.owner() + ", whose status does not name it",
            BY_ITSELF);
      }
      if (!networks.containsKey(claim.pool())) {
        add(
            Kind.MISMATCH,
            claim.address(),
            claim.pool(),
            "claimed for " + claim.owner() + " from a pool that does not exist",
            "create the pool again, or give the load balancer another one");
      }
    }
  }

  private void unreadable(Snapshot.Unreadable object) {
    String[] name = object.name().split("/", -1);
    add(
        Kind.UNREADABLE,
        "",
        "",
        object.kind() + " " + object.name() + ": " + object.problem(),
        "correct the field: kubectl edit "
            + object.kind().toLowerCase(Locale.ROOT)
            + " "
            + name[name.length - 1]
            + (name.length > 1 ? " -n " + name[0] : "")
            + "; until then nobody looks after the object, and what it has stays");
  }

  /// Then what its status says is not known.
  private boolean isUnreadable(String loadBalancer) {
    return snapshot.unreadable().stream()
        .anyMatch(one ->
            one.kind().equals(LoadBalancerTypes.LOAD_BALANCER.kind())
                && one.name().equals(loadBalancer));
  }

  /// With the commands that show it, at each place that a reply passes.
  private void bridge(Snapshot.Balancer balancer) {
    if (balancer.bridge().isEmpty()) {
      return;
    }
    String host =
        balancer.backends().isEmpty()
            ? "host ADDRESS"
            : "\""
                + String.join(" or ", balancer.backends().stream().map(a -> "host " + a).toList())
                + "\"";
    add(
        Kind.BRIDGE,
        "",
        "",
        balancer.owner() + ": " + balancer.bridge(),
        "to see it, on that node: tcpdump -ni mgmt-br "
            + host
            + "; tcpdump -ni BRIDGE-OF-THE-NETWORK "
            + host
            + "; tcpdump -ni INTERFACE-OF-THE-MACHINE "
            + host
            + "; in the machine: tcpdump -ni any tcp; on the node: conntrack -L (SYN_RECV stays);"
            + " pwru "
            + host);
  }

  /// The message says what the person can change; what is not known is whether there is a router.
  private void otherVlan(Snapshot.Balancer balancer) {
    if (balancer.otherVlan().isEmpty()) {
      return;
    }
    List<String> backends =
        balancer.backends().isEmpty() ? List.of("BACKEND") : balancer.backends();
    add(
        Kind.VLAN,
        "",
        "",
        balancer.owner() + ": " + balancer.otherVlan(),
        "to see whether a router leads there, on the node that holds the address: "
            + String.join("; ", backends.stream().map(a -> "tracepath -n " + a).toList())
            + "; in the machine, while a client asks: tcpdump -ni any tcp; nothing if the two reach"
            + " each other");
  }

  private void pool(IPPool object) {
    String name = object.getMetadata().getName();
    switch (PoolReading.of(object)) {
      case PoolReading.Broken broken ->
          add(Kind.POOL, "", name, broken.problem(), "correct the field");
      case PoolReading.Usable(Pool pool) -> usable(object, pool);
    }
  }

  private void usable(IPPool object, Pool pool) {
    PoolRules.ofStored(object, snapshot.pools().stream().map(PoolReading::of).toList())
        .forEach(
            violation -> add(Kind.POOL, "", pool.name(), violation.message(), violation.fix()));
    List<Claim> claims = Report.claimsOf(pool.name(), snapshot.claims());
    PoolProjection projection = PoolLines.projection(object, pool, claims);
    if (projection.truncated() > 0) {
      add(
          Kind.TRUNCATED,
          "",
          pool.name(),
          projection.truncated() + " addresses in use do not fit into status.allocated",
          "do not go back to Harvester's controller, which would give them away again; split the"
              + " pool first");
    }
    Map<String, String> said = PoolReading.standing(object).allocated();
    unsaid(said, pool, projection);
    said.forEach((address, owner) ->
        IpAddress.tryParse(address).ifPresent(parsed -> entry(pool, parsed, owner)));
    claims.stream()
        .filter(Claim::active)
        .filter(claim -> pool.rangeGiving(claim.address()).isEmpty())
        .forEach(claim ->
            add(
                Kind.MISMATCH,
                claim.address(),
                pool.name(),
                "claimed for " + claim.owner() + ", but no range of the pool gives it",
                "nothing: it stays with its owner, and is given to nobody afterwards"));
  }

  /// Claims that the pool's status does not name yet, since it is not written for each.
  private void unsaid(Map<String, String> said, Pool pool, PoolProjection projection) {
    List<Map.Entry<String, String>> missing =
        projection.allocated().entrySet().stream()
            .filter(entry -> !said.containsKey(entry.getKey()))
            .toList();
    if (!missing.isEmpty()) {
      add(
          Kind.MISMATCH,
          missing.getFirst().getKey(),
          pool.name(),
          missing.size()
              + " addresses in use are not in status.allocated, first that of "
              + missing.getFirst().getValue(),
          "nothing: the controller writes them within seconds; do not go back to Harvester's"
              + " controller before, which would give them away again");
    }
  }

  /// An entry of `status.allocated`.
  private void entry(Pool pool, IpAddress address, String owner) {
    Claim claim = active.get(new ClaimKey(pool.network(), address));
    if (claim != null) {
      if (!claim.owner().toString().equals(owner) && claim.pool().equals(pool.name())) {
        add(
            Kind.CONFLICT,
            address,
            pool.name(),
            "status.allocated gives it to " + owner + ", but it is claimed for " + claim.owner(),
            "make sure that Harvester's controller does not run; the claim counts");
      }
      return;
    }
    boolean released =
        snapshot.claims().stream()
            .anyMatch(one -> one.pool().equals(pool.name()) && one.address().equals(address));
    if (released) {
      return;
    }
    boolean named =
        snapshot.balancers().stream()
            .filter(balancer -> balancer.owner().toString().equals(owner))
            .flatMap(balancer -> balancer.addresses().stream())
            .anyMatch(held -> held.address().equals(address));
    if (!named && !isUnreadable(owner)) {
      add(
          Kind.ORPHAN,
          address,
          pool.name(),
          "status.allocated gives it to "
              + owner
              + ", which "
              + (byOwner.keySet().stream().anyMatch(one -> one.toString().equals(owner))
                  ? "does not name it"
                  : "does not exist"),
          "if nobody answers for it: "
              + PoolReading.releaseCommand(pool.name(), address, owner)
              + "; of several, one after the other");
    }
  }
}
