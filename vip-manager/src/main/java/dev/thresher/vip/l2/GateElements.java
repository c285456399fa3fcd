package dev.thresher.vip.l2;

import dev.thresher.vip.nftables.AddressSet;
import dev.thresher.vip.nftables.Batch;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;

/// Addresses that come into and go out of sets of [GateRules]. Pure.
final class GateElements {
  private GateElements() {}

  static Batch adding(List<GateRules.Place> places, Set<InetAddress> addresses) {
    Batch batch = new Batch();
    for (GateRules.Place place : places) {
      batch.elements(
          place.family(), GateRules.TABLE, place.set(), ofKind(addresses, place.set().kind()));
    }
    return batch;
  }

  static Batch removing(List<GateRules.Place> places, Set<InetAddress> addresses) {
    Batch batch = new Batch();
    for (GateRules.Place place : places) {
      batch.deleteElements(
          place.family(), GateRules.TABLE, place.set(), ofKind(addresses, place.set().kind()));
    }
    return batch;
  }

  /// The addresses of one family.
  static List<InetAddress> ofKind(Set<InetAddress> addresses, AddressSet.Kind kind) {
    return addresses.stream()
        .filter(address -> address instanceof Inet4Address == (kind == AddressSet.Kind.IPV4))
        .toList();
  }
}
