package dev.thresher.vip.lease;

import dev.thresher.vip.election.AddressGroup;
import java.net.InetAddress;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The addresses that a session holds or asks for, each with the number of the asking.
///
/// An *epoch* is the number of one asking for an address: it is higher than any that the session
/// used or heard of. What was granted for an earlier asking says nothing about a later one, for the
/// address may have been given back, and held by another, in between.
///
/// @param version higher with each change within a session, 0 for the empty set before the first
/// @param epochs by address
/// @param digest of the epochs
public record OfferedSet(long version, SortedMap<InetAddress, Long> epochs, long digest) {

  /// What every session begins with.
  static final OfferedSet NOTHING = of(0, Map.of());

  static OfferedSet of(long version, Map<InetAddress, Long> epochs) {
    SortedMap<InetAddress, Long> copy = new TreeMap<>(AddressGroup.ORDER);
    copy.putAll(epochs);
    return new OfferedSet(version, Collections.unmodifiableSortedMap(copy), digestOf(copy));
  }

  /// So that two ends notice when they do not speak of the same set.
  private static long digestOf(SortedMap<InetAddress, Long> epochs) {
    Fnv1a digest = new Fnv1a();
    epochs.forEach((address, epoch) -> digest.add(address.getAddress()).add(epoch));
    return digest.value();
  }

  boolean names(InetAddress address, long epoch) {
    Long named = epochs.get(address);
    return named != null && named == epoch;
  }
}
