package dev.thresher.e2e.lab;

/// A machine outside the clusters, from which Services are asked.
public record Client(String name, Namespace namespace, Addresses addresses, Link link)
    implements Machine {

  /// Its one interface.
  public String interfaceName() {
    return "eth0";
  }
}
