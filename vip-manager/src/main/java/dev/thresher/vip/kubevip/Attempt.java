package dev.thresher.vip.kubevip;

import dev.thresher.api.ObjectKey;

/// A change of one Lease that is to be tried.
sealed interface Attempt {

  ObjectKey lease();

  /// Make this node its holder if it is as it was seen.
  ///
  /// @param version that was seen; empty: it was never seen, and is made if there is none
  record Take(ObjectKey lease, String version) implements Attempt {}

  /// Renew it if this node is its holder.
  record Renew(ObjectKey lease) implements Attempt {}

  /// Give it up if this node is its holder and it is as it was seen: a request that is carried out
  /// late must not give up what was renewed since.
  ///
  /// @param version that was seen
  record Release(ObjectKey lease, String version) implements Attempt {}
}
