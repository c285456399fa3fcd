package dev.thresher.e2e.soak.ccm;

import java.util.Map;
import java.util.Set;

/// What is to be there when all has settled.
///
/// @param services `namespace/name` of every Service
/// @param kept what the Services that are older than the scene have to keep
/// @param nodes names of the nodes, each with a machine of its name
/// @param marked nodes with the taint of somebody else, [#MARK]
record Expected(
    Set<String> services, Map<String, Kept> kept, Set<String> nodes, Set<String> marked) {

  /// Key of a taint that is nobody's business.
  static final String MARK = "soak.example.org/kept";

  /// @param balancerUid UID of the object on the host: it is not made anew
  record Kept(String address, String balancerUid) {}
}
