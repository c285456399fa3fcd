package dev.thresher.loadbalancer.report;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.report.Report.AddressLine;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The part about addresses: those that are claimed, those that only a pool's status gives to
/// somebody, and those that are waited for.
final class AddressLines {

  private static final Comparator<AddressLine> ORDER =
      Comparator.comparing((AddressLine line) -> line.address().isEmpty())
          .thenComparing(line -> key(line.address()), Comparator.naturalOrder())
          .thenComparing(AddressLine::pool)
          .thenComparing(AddressLine::owner);

  private AddressLines() {}

  private static String key(String address) {
    return IpAddress.tryParse(address)
        .map(parsed -> parsed.family() + HexFormat.of().formatHex(parsed.bytes()))
        .orElse(address);
  }

  static List<AddressLine> of(Snapshot snapshot, Map<Owner, Snapshot.Balancer> byOwner) {
    var lines = new ArrayList<AddressLine>();
    Set<String> claimed = new HashSet<>();
    for (Claim claim : snapshot.claims()) {
      claimed.add(claim.pool() + " " + claim.address());
      lines.add(ofClaim(claim, Optional.ofNullable(byOwner.get(claim.owner()))));
    }
    for (IPPool pool : snapshot.pools()) {
      String name = pool.getMetadata().getName();
      if (pool.getStatus() != null) {
        pool.getStatus()
            .getAllocated()
            .forEach((address, owner) -> {
              if (!claimed.contains(name + " " + address)) {
                lines.add(new AddressLine(address, name, owner, "", "", "", "unclaimed", ""));
              }
            });
      }
    }
    snapshot.balancers().stream()
        .filter(balancer -> !balancer.dhcp() && balancer.addresses().isEmpty())
        .filter(balancer ->
            snapshot.claims().stream()
                .noneMatch(claim -> claim.active() && claim.owner().equals(balancer.owner())))
        .forEach(balancer ->
            lines.add(
                new AddressLine(
                    "",
                    balancer.pool(),
                    balancer.owner().toString(),
                    balancer.cluster(),
                    balancer.service(),
                    balancer.placement(),
                    "pending",
                    "")));
    lines.sort(ORDER);
    return lines;
  }

  private static AddressLine ofClaim(Claim claim, Optional<Snapshot.Balancer> owner) {
    return new AddressLine(
        claim.address().toString(),
        claim.pool(),
        claim.owner().toString(),
        owner.map(Snapshot.Balancer::cluster).orElse(""),
        owner.map(Snapshot.Balancer::service).orElse(""),
        claim.placement().text(),
        claim.active() ? "used" : "released",
        claim.allocatedAt().equals(Instant.EPOCH) ? "" : claim.allocatedAt().toString());
  }
}
