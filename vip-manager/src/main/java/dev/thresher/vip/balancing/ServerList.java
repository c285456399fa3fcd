package dev.thresher.vip.balancing;

import com.google.common.net.InetAddresses;
import dev.thresher.vip.nodes.InternalAddresses;
import io.kubernetes.client.openapi.models.DiscoveryV1EndpointPort;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1Node;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Where API servers are, as the endpoints of the Service `default/kubernetes` say. Pure.
///
/// These have one family, that of the Service. A server is on a node, and reached at the node's
/// InternalIPs of the other family as well, if it listens there, which is asked.
final class ServerList {
  private ServerList() {}

  static Set<InetSocketAddress> of(Collection<V1EndpointSlice> slices, Collection<V1Node> nodes) {
    Set<InetSocketAddress> servers = new HashSet<>();
    for (V1EndpointSlice slice : slices) {
      for (int port : ports(slice)) {
        for (InetAddress address : addresses(slice)) {
          servers.add(new InetSocketAddress(address, port));
          for (V1Node node : nodes) {
            List<InetAddress> internal = InternalAddresses.of(node);
            if (internal.contains(address)) {
              internal.forEach(each -> servers.add(new InetSocketAddress(each, port)));
            }
          }
        }
      }
    }
    return Set.copyOf(servers);
  }

  private static List<Integer> ports(V1EndpointSlice slice) {
    List<DiscoveryV1EndpointPort> ports = slice.getPorts();
    return ports == null
        ? List.of()
        : ports.stream()
            .filter(port -> port.getPort() != null)
            .filter(port -> port.getProtocol() == null || port.getProtocol().equals("TCP"))
            .map(DiscoveryV1EndpointPort::getPort)
            .toList();
  }

  private static List<InetAddress> addresses(V1EndpointSlice slice) {
    List<V1Endpoint> endpoints = slice.getEndpoints();
    return endpoints == null
        ? List.of()
        : endpoints.stream()
            .flatMap(endpoint -> endpoint.getAddresses().stream())
            .filter(InetAddresses::isInetAddress)
            .map(InetAddresses::forString)
            .toList();
  }
}
