package dev.thresher.ccm.cloudprovider;

import java.util.List;

/// The cloud's routes to the pods of nodes.
///
/// Thread-safe; calls may block for the time of a request to the cloud.
public interface Routes {

  /// Only routes that this cluster owns.
  List<Route> list(String cluster);

  /// @param nameHint the UID of the node
  void create(String cluster, String nameHint, Route route);

  /// @param route as it was listed
  void delete(String cluster, Route route);

  /// A route to the pods of one node.
  ///
  /// @param name the cloud's own name, ignored on create
  /// @param node name of the node
  /// @param nodeAddresses the node's addresses, empty if the cloud does not look at them
  /// @param destination CIDR of the node's pods
  /// @param blackhole the cloud has the route but nothing behind it
  record Route(
      String name,
      String node,
      List<MachineAddress> nodeAddresses,
      String destination,
      boolean blackhole) {
    public Route {
      nodeAddresses = List.copyOf(nodeAddresses);
    }
  }
}
