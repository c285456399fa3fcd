package dev.thresher.vip.app;

import dev.thresher.runtime.informer.Scope;
import dev.thresher.vip.kubevip.LeaseNames;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// Which profile applies, and what the compatible one goes by.
///
/// @param forced the profile; empty: what the account may do decides
/// @param names kube-vip's Leases
record CompatibleConfig(Optional<Profile> forced, LeaseNames names) {

  /// The namespaces of those Leases; none: those of single Services may be anywhere.
  SortedSet<String> namespaces() {
    return ofSingleServices()
        ? Collections.emptySortedSet()
        : new TreeSet<>(List.of(names.controlPlane().namespace(), names.services().namespace()));
  }

  private boolean ofSingleServices() {
    return names.perService() || names.onDemand();
  }

  /// Where those Leases are watched. Those of single Services may be anywhere.
  ///
  /// @param services namespace of the Services, empty for all; absent if they are not served
  Set<Scope> watched(Optional<String> services) {
    Set<Scope> scopes = new HashSet<>();
    scopes.add(Scope.object(names.controlPlane().namespace(), names.controlPlane().name()));
    if (services.isPresent()) {
      scopes.add(Scope.object(names.services().namespace(), names.services().name()));
      if (ofSingleServices()) {
        scopes.add(Scope.ALL);
      }
    }
    return scopes;
  }
}
