package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.loadbalancer.report.Snapshot;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// Objects of the API as the report takes them.
public final class Inventory {

  private Inventory() {}

  public static Snapshot of(
      Collection<IPPool> pools,
      Collection<AddressClaim> claims,
      Collection<LoadBalancer> loadBalancers,
      List<Snapshot.Unreadable> unreadable) {
    return new Snapshot(
        pools.stream().toList(),
        claims.stream().flatMap(claim -> ClaimDocument.read(claim).stream()).toList(),
        loadBalancers.stream().map(Inventory::of).toList(),
        unreadable);
  }

  private static Snapshot.Balancer of(LoadBalancer object) {
    Wish wish = Wish.of(object);
    Optional<Condition> unready =
        StatusDocument.condition(object).filter(condition -> !"True".equals(condition.getStatus()));
    return new Snapshot.Balancer(
        wish.owner(),
        wish.uid(),
        wish.dhcp(),
        wish.ipPool(),
        Recorded.of(object).stream()
            .map(recorded -> new Snapshot.Held(recorded.address(), recorded.pool()))
            .toList(),
        wish.cluster(),
        wish.serviceName().isEmpty() ? "" : wish.serviceNamespace() + "/" + wish.serviceName(),
        wish.placement().text(),
        message(unready),
        whileTrue(object, BridgeNat.TYPE),
        whileTrue(object, OtherVlan.TYPE),
        object.getStatus() == null
            ? List.of()
            : object.getStatus().getBackends().stream()
                .flatMap(backend -> Stream.ofNullable(backend.getAddress()))
                .toList());
  }

  private static String whileTrue(LoadBalancer object, String type) {
    return message(
        StatusDocument.condition(object, type)
            .filter(condition -> "True".equals(condition.getStatus())));
  }

  private static String message(Optional<Condition> condition) {
    return condition.map(one -> Objects.requireNonNullElse(one.getMessage(), "")).orElse("");
  }
}
