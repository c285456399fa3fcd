package dev.thresher.loadbalancer.ipam;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Which tenants owners are of, and whether these may have one address more. Not thread-safe.
final class Tenants {

  private final Map<Owner, Quota.Member> known = new HashMap<>();

  void belong(Map<Owner, Quota.Member> owners) {
    known.putAll(owners);
  }

  void forget(Owner owner) {
    known.remove(owner);
  }

  /// Why a tenant of the owner may not have one address more of the pool; empty if all may.
  ///
  /// @param begun addresses that are about to be claimed; they count as claimed
  Optional<Choice.Refused> refusal(
      Pool pool, Owner owner, ClaimIndex claims, Map<ClaimKey, Owner> begun) {
    for (Quota quota : Quota.applying(pool.quotas(), of(owner))) {
      long had =
          claims.activeOf(pool.name()).filter(claim -> quota.counts(of(claim.owner()))).count()
              + begun.entrySet().stream()
                  .filter(entry -> isOf(pool, entry.getKey()))
                  .filter(entry -> quota.counts(of(entry.getValue())))
                  .count();
      if (had >= quota.addresses()) {
        return Optional.of(
            new Choice.Refused(
                Choice.Cause.OVER_QUOTA,
                quota.kind().text()
                    + " \""
                    + quota.who()
                    + "\" has "
                    + had
                    + " addresses of pool \""
                    + pool.name()
                    + "\", and spec.quotas allows "
                    + quota.addresses()
                    + "; delete load balancers, name another pool or raise the quota"));
      }
    }
    return Optional.empty();
  }

  private static boolean isOf(Pool pool, ClaimKey key) {
    return key.network().equals(pool.network()) && pool.rangeGiving(key.address()).isPresent();
  }

  /// Of an owner of whom nothing is known, its namespace is.
  private Quota.Member of(Owner owner) {
    return known.getOrDefault(owner, new Quota.Member(owner.namespace(), "", ""));
  }
}
