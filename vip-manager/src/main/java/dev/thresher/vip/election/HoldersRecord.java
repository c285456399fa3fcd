package dev.thresher.vip.election;

import java.net.InetAddress;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// The record that says who holds what, as it was read.
///
/// @param uid identity of the object: a record that was deleted and made again is another one
/// @param resourceVersion what a change must name to succeed
/// @param version counter that each change increases: the order of two readings of one record
/// @param holders by address, in [AddressGroup#ORDER]
public record HoldersRecord(
    String uid, String resourceVersion, long version, SortedMap<InetAddress, Holder> holders) {

  public HoldersRecord {
    SortedMap<InetAddress, Holder> copy = new TreeMap<>(AddressGroup.ORDER);
    copy.putAll(holders);
    holders = Collections.unmodifiableSortedMap(copy);
  }

  public Optional<Holder> holder(InetAddress address) {
    return Optional.ofNullable(holders.get(address));
  }

  /// The holders after a change.
  ///
  /// @param changes empty: the address has no holder any more
  public Map<InetAddress, Holder> with(Map<InetAddress, Optional<Holder>> changes) {
    Map<InetAddress, Holder> after = new TreeMap<>(AddressGroup.ORDER);
    after.putAll(holders);
    changes.forEach((address, holder) ->
        holder.ifPresentOrElse(h -> after.put(address, h), () -> after.remove(address)));
    return after;
  }
}
