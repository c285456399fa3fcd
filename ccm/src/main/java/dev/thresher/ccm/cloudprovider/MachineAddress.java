package dev.thresher.ccm.cloudprovider;

import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import java.util.List;

/// One entry of a node's `status.addresses`.
///
/// @param type how others may use it
/// @param address an IP address in canonical text, or a name
public record MachineAddress(Type type, String address) {

  /// What a Node reports as InternalIP, as it stands there and in its order.
  public static List<String> internal(V1Node node) {
    var status = node.getStatus();
    List<V1NodeAddress> addresses = status == null ? null : status.getAddresses();
    return addresses == null
        ? List.of()
        : addresses.stream()
            .filter(address -> Type.INTERNAL_IP.text().equals(address.getType()))
            .map(V1NodeAddress::getAddress)
            .toList();
  }

  /// Types of addresses as in `NodeAddressType` of core/v1.
  public enum Type {
    HOSTNAME("Hostname"),
    INTERNAL_IP("InternalIP"),
    EXTERNAL_IP("ExternalIP"),
    INTERNAL_DNS("InternalDNS"),
    EXTERNAL_DNS("ExternalDNS");

    private final String text;

    Type(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }
}
