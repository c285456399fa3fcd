package dev.thresher.vip.election;

import java.util.SortedMap;

/// What the choice says about one group.
public sealed interface Verdict {

  /// This node should hold it.
  ///
  /// @param reason for people: why this one
  record Chosen(String node, String reason) implements Verdict {}

  /// No node can.
  ///
  /// @param reasons per node
  record Nobody(SortedMap<String, String> reasons) implements Verdict {}
}
