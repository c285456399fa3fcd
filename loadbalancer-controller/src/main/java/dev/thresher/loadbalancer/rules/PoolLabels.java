package dev.thresher.loadbalancer.rules;

import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.ipam.PoolScope;
import java.util.Collection;
import java.util.Map;

/// The labels of a pool as the mutating webhook writes them. Nothing is decided by them; people and
/// Harvester's user interface look for pools by them.
public final class PoolLabels {

  private PoolLabels() {}

  /// @param vlan of the pool's network, 0 for none
  public static Map<String, String> of(IPPool object, int vlan) {
    return Map.of(
        HarvesterNames.VID_LABEL,
        String.valueOf(vlan),
        HarvesterNames.GLOBAL_IP_POOL_LABEL,
        String.valueOf(isGlobal(PoolReading.scopes(object))));
  }

  static boolean isGlobal(Collection<PoolScope> scopes) {
    return scopes.contains(PoolScope.EVERYTHING);
  }
}
