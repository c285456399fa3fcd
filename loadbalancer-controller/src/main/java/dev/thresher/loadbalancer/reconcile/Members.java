package dev.thresher.loadbalancer.reconcile;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.loadbalancer.ipam.Claim;
import dev.thresher.loadbalancer.ipam.ClaimBook;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.loadbalancer.ipam.Pool;
import dev.thresher.loadbalancer.ipam.Quota;
import dev.thresher.loadbalancer.rules.LoadBalancerRules;
import dev.thresher.runtime.informer.Informer;
import java.util.HashMap;

/// Where load balancers belong, for the quotas: namespace and project by what the host knows of
/// them, not by what their annotations say; the guest cluster by what they say themselves.
final class Members {

  private final Informer<LoadBalancer> loadBalancers;
  private final Needs needs;
  private final ClaimBook book;

  Members(Informer<LoadBalancer> loadBalancers, Needs needs, ClaimBook book) {
    this.loadBalancers = loadBalancers;
    this.needs = needs;
    this.book = book;
  }

  /// Tells the book of all who have addresses of the pool, and of the one who asks.
  void tell(Pool pool, Wish asking) {
    if (pool.quotas().isEmpty()) {
      return;
    }
    var known = new HashMap<Owner, Quota.Member>();
    for (Claim claim : book.ofPool(pool.name())) {
      // Of an owner that is gone the claim counts as long as it is not released.
      String cluster =
          loadBalancers
              .get(ObjectKey.of(claim.owner().namespace(), claim.owner().name()))
              .map(LoadBalancerRules::cluster)
              .orElse(claim.cluster());
      known.put(claim.owner(), of(claim.owner(), cluster));
    }
    known.put(asking.owner(), of(asking.owner(), asking.cluster()));
    book.belong(known);
  }

  private Quota.Member of(Owner owner, String cluster) {
    return new Quota.Member(owner.namespace(), needs.project(owner.namespace()), cluster);
  }
}
