package dev.thresher.vip.election;

/// How well a node's network suits an address. Higher is better.
public enum Fit {
  /// No interface for it.
  NONE,
  /// An interface from which the others do not hear the node: only if nobody is better, and then
  /// the present holder.
  UNHEARD,
  /// Only where the default route points: right if a router leads there, wrong if another node is
  /// on the address's own network.
  DEFAULT_ROUTE,
  /// On the address's own network, or on the interface that was named for it.
  ON_LINK
}
