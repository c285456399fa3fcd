package dev.thresher.runtime.reconcile;

/// Brings what belongs to one key to its desired state.
///
/// Called for one key by one thread at a time, for different keys by many. Level-triggered: the
/// call carries no event, only the wish to look. An exception counts as [Result.Failed].
@FunctionalInterface
public interface Reconciler<K> {
  Result reconcile(K key) throws Exception;
}
