package dev.thresher.ccm.cloudprovider;

/// One entry of a node's `status.addresses`.
///
/// @param type how others may use it
/// @param address an IP address in canonical text, or a name
public record MachineAddress(Type type, String address) {

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
