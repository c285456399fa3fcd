package dev.thresher.api.address;

import inet.ipaddr.IPAddressSeqRange;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// A range of addresses of one family, both ends included; never empty.
///
/// A range may be as large as the family, so it is walked lazily and its size is a big number.
///
/// @param first the lowest address
/// @param last the highest address
public record IpRange(IpAddress first, IpAddress last) implements Iterable<IpAddress> {

  public IpRange {
    first.requireSameFamily(last);
    if (first.compareTo(last) > 0) {
      throw new IllegalArgumentException(
          "want a range whose start is not after its end, got " + first + "-" + last);
    }
  }

  /// The range between two addresses, whichever is the lower one.
  public static IpRange between(IpAddress one, IpAddress other) {
    one.requireSameFamily(other);
    return one.compareTo(other) <= 0 ? new IpRange(one, other) : new IpRange(other, one);
  }

  /// The range of one address.
  public static IpRange of(IpAddress address) {
    return new IpRange(address, address);
  }

  /// Reads `address`, `first-last` or `network/length` (all addresses of the subnet).
  ///
  /// @throws IllegalArgumentException if the text is anything else, or the start is after the end
  public static IpRange parse(String text) {
    int dash = text.indexOf('-');
    if (dash >= 0) {
      return new IpRange(
          IpAddress.parse(text.substring(0, dash).strip()),
          IpAddress.parse(text.substring(dash + 1).strip()));
    }
    return text.indexOf('/') >= 0 ? IpSubnet.parse(text).all() : of(IpAddress.parse(text));
  }

  public IpFamily family() {
    return first.family();
  }

  /// Number of addresses, at least 1.
  public BigInteger size() {
    return last.minus(first).add(BigInteger.ONE);
  }

  public boolean contains(IpAddress address) {
    return family() == address.family() && span().contains(address.value());
  }

  public boolean contains(IpRange other) {
    return contains(other.first) && contains(other.last);
  }

  public boolean overlaps(IpRange other) {
    return family() == other.family() && span().overlaps(other.span());
  }

  /// The addresses that are in both.
  public Optional<IpRange> intersect(IpRange other) {
    return overlaps(other) ? Optional.of(of(span().intersect(other.span()))) : Optional.empty();
  }

  /// What is left without `other`: none, one or two ranges, in ascending order.
  public List<IpRange> minus(IpRange other) {
    if (!overlaps(other)) {
      return List.of(this);
    }
    return Stream.of(span().subtract(other.span())).map(IpRange::of).toList();
  }

  /// What is left without all of `others`, in ascending order. Needs no walk over the addresses.
  public List<IpRange> minus(Collection<IpRange> others) {
    List<IpRange> left = List.of(this);
    for (IpRange other : others) {
      var next = new ArrayList<IpRange>();
      for (IpRange range : left) {
        next.addAll(range.minus(other));
      }
      left = next;
    }
    return List.copyOf(left);
  }

  /// The address at a place, 0 being the first.
  ///
  /// @throws IndexOutOfBoundsException if the place is negative or not below the size
  public IpAddress at(BigInteger place) {
    if (place.signum() < 0 || place.compareTo(size()) >= 0) {
      throw new IndexOutOfBoundsException(
          "want a place from 0 to below " + size() + ", got " + place);
    }
    return first.plus(place);
  }

  /// Ascending and lazy. A /64 has 2^64 addresses: stop walking when you have what you want.
  @Override
  public Iterator<IpAddress> iterator() {
    return stream().iterator();
  }

  /// As [#iterator].
  public Stream<IpAddress> stream() {
    return StreamSupport.stream(span().spliterator(), false).map(IpAddress::new);
  }

  /// `first-last`, or the one address.
  @Override
  public String toString() {
    return first.equals(last) ? first.toString() : first + "-" + last;
  }

  private IPAddressSeqRange span() {
    return first.value().spanWithRange(last.value());
  }

  private static IpRange of(IPAddressSeqRange range) {
    return new IpRange(new IpAddress(range.getLower()), new IpAddress(range.getUpper()));
  }
}
