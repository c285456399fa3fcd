package dev.thresher.vip.app;

import dev.thresher.runtime.informer.Scope;
import dev.thresher.vip.kubevip.LeaseNames;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// Which profile applies, and what the compatible one goes by.
///
/// @param forced the profile; empty: what the account may do decides
/// @param names kube-vip's Leases
record CompatibleConfig(Optional<Profile> forced, LeaseNames names) {

  /// Where those Leases are watched. Those of single Services may be anywhere.
  ///
  /// @param services namespace of the Services, empty for all; absent if they are not served
  Set<Scope> watched(Optional<String> services) {
    Set<Scope> scopes = new HashSet<>();
    scopes.add(Scope.object(names.controlPlane().namespace(), names.controlPlane().name()));
    if (services.isPresent()) {
      scopes.add(Scope.object(names.services().namespace(), names.services().name()));
      if (names.perService() || names.onDemand()) {
        scopes.add(Scope.ALL);
      }
    }
    return scopes;
  }
}
