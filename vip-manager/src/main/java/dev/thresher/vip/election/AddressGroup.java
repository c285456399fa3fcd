package dev.thresher.vip.election;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// Addresses that always have the same holder, because one Service or a chain of Services that
/// share addresses wants them together.
///
/// @param addresses at least one, ascending, without repeats
public record AddressGroup(List<InetAddress> addresses) implements Comparable<AddressGroup> {

  /// IPv4 before IPv6, each in numerical order.
  public static final Comparator<InetAddress> ORDER = AddressGroup::compare;

  public AddressGroup {
    addresses =
        addresses.size() == 1
            ? List.copyOf(addresses)
            : addresses.stream().distinct().sorted(ORDER).toList();
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("a group of addresses must not be empty");
    }
  }

  public static AddressGroup of(InetAddress... addresses) {
    return new AddressGroup(List.of(addresses));
  }

  public static AddressGroup of(Collection<InetAddress> addresses) {
    return new AddressGroup(List.copyOf(addresses));
  }

  private static int compare(InetAddress one, InetAddress other) {
    // Each call makes a copy.
    byte[] a = one.getAddress();
    byte[] b = other.getAddress();
    return a.length == b.length
        ? Arrays.compareUnsigned(a, b)
        : Integer.compare(a.length, b.length);
  }

  /// A mutable copy in [#ORDER].
  public static SortedSet<InetAddress> sorted(Collection<InetAddress> addresses) {
    SortedSet<InetAddress> sorted = new TreeSet<>(ORDER);
    sorted.addAll(addresses);
    return sorted;
  }

  /// The lowest address, which names the group wherever a name is needed.
  public InetAddress first() {
    return addresses.getFirst();
  }

  @Override
  public int compareTo(AddressGroup other) {
    return ORDER.compare(first(), other.first());
  }

  @Override
  public String toString() {
    return String.join(",", addresses.stream().map(InetAddress::getHostAddress).toList());
  }
}
