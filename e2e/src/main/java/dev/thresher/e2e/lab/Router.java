package dev.thresher.e2e.lab;

import java.util.List;

/// A machine that forwards between networks of the lab. The first router of a network has the
/// address that all machines on it use as their default gateway.
///
/// Its interface on the n-th of its networks is `ethN`, from 0.
public record Router(
    String name, Namespace namespace, Addresses addresses, List<String> networks, List<Link> links)
    implements Machine {

  public Router {
    networks = List.copyOf(networks);
    links = List.copyOf(links);
  }
}
