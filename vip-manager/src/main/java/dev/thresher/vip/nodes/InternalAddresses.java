package dev.thresher.vip.nodes;

import com.google.common.net.InetAddresses;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import java.net.InetAddress;
import java.util.List;

/// The InternalIPs of a node, as its object in the API server has them. Pure.
public final class InternalAddresses {

  private InternalAddresses() {}

  /// In the object's order; what is no address is left out.
  public static List<InetAddress> of(V1Node node) {
    List<V1NodeAddress> addresses =
        node.getStatus() == null ? null : node.getStatus().getAddresses();
    return addresses == null
        ? List.of()
        : addresses.stream()
            .filter(address -> "InternalIP".equals(address.getType()))
            .map(V1NodeAddress::getAddress)
            .filter(InetAddresses::isInetAddress)
            .map(InetAddresses::forString)
            .toList();
  }
}
