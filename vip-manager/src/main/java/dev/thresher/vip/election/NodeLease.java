package dev.thresher.vip.election;

import java.net.InetSocketAddress;
import java.util.List;

/// What a node says about itself in its Lease.
///
/// @param node its name
/// @param resourceVersion changes with each renewal; compared for equality only
/// @param session the node's session
/// @param mesh where its mesh listens
/// @param links where it can hold addresses
/// @param leaving it stopped in order and holds nothing
public record NodeLease(
    String node,
    String resourceVersion,
    Session session,
    List<InetSocketAddress> mesh,
    NodeLinks links,
    boolean leaving) {

  public NodeLease {
    mesh = List.copyOf(mesh);
  }

  /// Of a node that was heard, whatever its Lease in the API server says of its session.
  public static NodeLease heard(
      String node, String process, List<InetSocketAddress> mesh, NodeLinks links) {
    return new NodeLease(node, "", Session.ofProcess(process), mesh, links, false);
  }
}
