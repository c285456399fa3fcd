package dev.thresher.loadbalancer.agent;

import dev.thresher.api.address.IpSubnet;
import dev.thresher.loadbalancer.nodes.Report.BridgeNetfilter;
import java.util.List;
import java.util.Optional;

/// What is to be known of the node.
public interface NodeFacts {

  /// Networks in which the node has an address.
  List<IpSubnet> subnets();

  /// What its bridges do with frames; empty if that cannot be read.
  Optional<BridgeNetfilter> bridge();
}
