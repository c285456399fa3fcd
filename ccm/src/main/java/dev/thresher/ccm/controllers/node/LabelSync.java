package dev.thresher.ccm.controllers.node;

/// Which labels of a Node in service follow its machine: `--sync-node-labels`.
public enum LabelSync {
  /// None: labels are given once, when the Node is initialised.
  NONE,
  /// Zone, region, and the labels of which the provider says that they follow.
  TOPOLOGY,
  /// Those, instance type, and the further labels that the provider gives; those overwrite what is
  /// there, since a label that was given earlier is not told from one of somebody else's.
  ALL
}
