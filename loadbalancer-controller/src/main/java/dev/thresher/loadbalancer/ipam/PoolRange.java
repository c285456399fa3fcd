package dev.thresher.loadbalancer.ipam;

import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.address.IpRange;
import dev.thresher.api.address.IpSubnet;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One entry of `IPPool.spec.ranges`, with Harvester's defaults filled in.
///
/// A range may be as large as a /64: nothing here walks over its addresses.
///
/// @param subnet the subnet, whose prefix length goes with each address
/// @param range first and last address
/// @param gateway the gateway, null if there is none; it may lie outside the range
/// @param free what is given away: the range without the gateway and the exclusions, in ascending
///   order, without overlaps
public record PoolRange(
    IpSubnet subnet, IpRange range, @Nullable IpAddress gateway, List<IpRange> free) {

  public PoolRange {
    free = List.copyOf(free);
  }

  /// Reads the fields as they stand in the pool; an empty text is an absent field.
  ///
  /// Absent fields get Harvester's defaults: the range starts at the first usable address and ends
  /// at the last one (for IPv4 without broadcast), the gateway is the first address after the
  /// network's. A start after the end is swapped. A subnet of a single address has no gateway. Host
  /// bits of the subnet are allowed and mean nothing: `192.0.2.1/24` is `192.0.2.0/24`, whose first
  /// usable address is .1.
  ///
  /// @param field where the entry stands, for messages: `spec.ranges[0]`
  /// @throws InvalidRange naming the field, the value and what is wanted
  public static PoolRange parse(
      String field,
      String subnet,
      String rangeStart,
      String rangeEnd,
      String gateway,
      List<String> exclude) {
    IpSubnet net =
        IpSubnet.tryParse(subnet)
            .orElseThrow(() ->
                invalid(field + ".subnet", subnet, "a CIDR such as 192.0.2.0/24 or 2001:db8::/64"));
    IpRange usable = net.usable();
    IpAddress start = address(field + ".rangeStart", rangeStart, net).orElse(usable.first());
    IpAddress end = address(field + ".rangeEnd", rangeEnd, net).orElse(usable.last());
    IpRange range = IpRange.between(start, end);

    @Nullable IpAddress router = gatewayOf(field, gateway, net);
    List<IpRange> kept = new ArrayList<>();
    if (router != null && range.contains(router)) {
      kept.add(IpRange.of(router));
    }
    for (int i = 0; i < exclude.size(); i++) {
      kept.add(excluded(field + ".exclude[" + i + "]", exclude.get(i), net));
    }
    return new PoolRange(net, range, router, range.minus(kept));
  }

  public IpFamily family() {
    return subnet.family();
  }

  /// Whether this address may be given away.
  public boolean gives(IpAddress address) {
    return free.stream().anyMatch(part -> part.contains(address));
  }

  /// Number of addresses that may be given away.
  public BigInteger size() {
    return free.stream().map(IpRange::size).reduce(BigInteger.ZERO, BigInteger::add);
  }

  private static @Nullable IpAddress gatewayOf(String field, String text, IpSubnet net) {
    if (!text.isEmpty()) {
      return IpAddress.tryParse(text)
          .filter(a -> a.family() == net.family())
          .orElseThrow(() -> invalid(field + ".gateway", text, "an " + net.family() + " address"));
    }
    return net.prefixLength() == net.family().bits() ? null : net.network().next().orElseThrow();
  }

  private static Optional<IpAddress> address(String field, String text, IpSubnet net) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        IpAddress.tryParse(text)
            .filter(net::contains)
            .orElseThrow(() -> invalid(field, text, "an address inside " + net)));
  }

  private static IpRange excluded(String field, String text, IpSubnet net) {
    IpRange range;
    try {
      range = IpRange.parse(text);
    } catch (IllegalArgumentException e) {
      InvalidRange invalid =
          invalid(field, text, "an address, a CIDR or two addresses as first-last");
      invalid.initCause(e);
      throw invalid;
    }
    if (range.family() != net.family()) {
      throw invalid(field, text, net.family() + " addresses, as the subnet " + net);
    }
    return range;
  }

  private static InvalidRange invalid(String field, String value, String wanted) {
    return new InvalidRange(field, value, wanted);
  }
}
