package dev.thresher.loadbalancer.reconcile;

/// What may be chosen about the use of pools.
///
/// @param enforceScopes give nothing from a pool that is named but not open to who names it
/// @param globalPoolsHeedNetwork a global pool, too, serves its own network only
public record PoolPolicy(boolean enforceScopes, boolean globalPoolsHeedNetwork) {

  /// As in Harvester.
  public static final PoolPolicy DEFAULT = new PoolPolicy(false, false);
}
