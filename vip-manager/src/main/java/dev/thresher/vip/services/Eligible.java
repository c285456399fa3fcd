package dev.thresher.vip.services;

import dev.thresher.vip.election.Candidate;
import dev.thresher.vip.election.NodeLease;
import java.util.Map;

/// Which live nodes may hold addresses of a kind, as candidates with the reason why not. Pure.
final class Eligible {

  private Eligible() {}

  /// For addresses of Services.
  ///
  /// @param barred nodes that hold no Service's address, with the reason
  static Candidate forServices(NodeLease lease, Map<String, String> barred) {
    return new Candidate(lease.node(), lease.links(), whyNoServices(lease, barred));
  }

  /// Why a node holds no address of a Service; empty: it may.
  static String whyNoServices(NodeLease lease, Map<String, String> barred) {
    String own = lease.links().serves().barredFromServices();
    return own.isEmpty() ? barred.getOrDefault(lease.node(), "") : own;
  }

  /// For the control plane's: labels that keep Services off the nodes of the control plane do not
  /// keep off its own address.
  static Candidate forControlPlane(NodeLease lease) {
    return new Candidate(
        lease.node(), lease.links(), lease.links().serves().barredFromControlPlane());
  }
}
