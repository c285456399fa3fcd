package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;

/// What makes two uses of an address collide.
///
/// @param network the layer-2 domain, empty for the management network
public record ClaimKey(String network, IpAddress address) {

  @Override
  public String toString() {
    return network.isEmpty() ? address.toString() : address + " on " + network;
  }
}
