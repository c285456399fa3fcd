package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Owner;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Comparator;

/// Which of several load balancers comes first where they want the same thing: the older one, of
/// two of one age the first by name. So it does not depend on who is looked at first.
final class Seniority {

  static final Comparator<LoadBalancer> OLDEST_FIRST =
      Comparator.comparing(Seniority::created).thenComparing(Seniority::owner);

  private Seniority() {}

  /// The load balancer as the owner of claims.
  static Owner owner(LoadBalancer object) {
    return new Owner(object.getMetadata().getNamespace(), object.getMetadata().getName());
  }

  private static Instant created(LoadBalancer object) {
    OffsetDateTime created = object.getMetadata().getCreationTimestamp();
    return created == null ? Instant.MAX : created.toInstant();
  }
}
