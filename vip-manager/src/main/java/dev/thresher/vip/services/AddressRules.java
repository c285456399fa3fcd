package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpRange;
import dev.thresher.vip.election.Prefix;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Predicate;

/// Which addresses are never held: any tenant may write an annotation, and an answer for the
/// address of a node or of the whole network would cut the cluster off.
///
/// @param taken addresses that belong to something else, with the name of that, for example `Node
///   n1` or `Service a/b (clusterIP)`
/// @param others addresses that Services have which are not held here, with where that stands: each
///   is refused to every other Service that does not have it yet
/// @param subnets the networks that the nodes are on
/// @param ranges that belong to something else, with the name of that
/// @param allowed the only ones from which addresses are held; none: all
/// @param pools what pools have to give, the only ones from which an address is held that is not
///   held yet, unless `allowed` says which; none: all
/// @param begun addresses that somebody holds
public record AddressRules(
    Map<InetAddress, String> taken,
    Map<InetAddress, SortedMap<ObjectKey, String>> others,
    List<Prefix> subnets,
    Map<Prefix, String> ranges,
    List<IpRange> allowed,
    List<IpRange> pools,
    Set<InetAddress> begun) {

  public static final AddressRules NONE = new AddressRules(Map.of(), List.of());

  public AddressRules {
    taken = Map.copyOf(taken);
    others = Map.copyOf(others);
    subnets = List.copyOf(subnets);
    ranges = Map.copyOf(ranges);
    allowed = List.copyOf(allowed);
    pools = List.copyOf(pools);
    begun = Set.copyOf(begun);
  }

  public AddressRules(Map<InetAddress, String> taken, List<Prefix> subnets) {
    this(taken, Map.of(), subnets, Map.of(), List.of(), List.of(), Set.of());
  }

  /// Reads one address of a Service. Whatever the text is, nothing is thrown: it is a tenant's.
  ///
  /// @param service that asks
  /// @param field where the text stands
  /// @param text the address, surrounding space allowed
  /// @param given whether the Service's status shows that it has an address
  public Result read(ObjectKey service, String field, String text, Predicate<InetAddress> given) {
    String bare = text.strip();
    // An interface behind the address (RFC 4007) would be looked for on this node.
    if (bare.indexOf('%') >= 0 || !InetAddresses.isInetAddress(bare)) {
      return refuse(field, text, "is no IP address", "Write addresses, comma separated");
    }
    InetAddress address = InetAddresses.forString(bare);
    if (address.isAnyLocalAddress()) {
      return refuse(
          field,
          text,
          "asks for an address from DHCP, which this vip-manager cannot do yet",
          "Write the address, or have one allocated");
    }
    return problem(service, address, given.test(address))
        .<Result>map(problem ->
            new Result.Refused(new Refusal(field, text, problem, "Choose another address")))
        .orElseGet(() -> new Result.Read(address));
  }

  /// What [#read] found.
  public sealed interface Result {
    record Read(InetAddress address) implements Result {}

    record Refused(Refusal refusal) implements Result {}
  }

  private Optional<String> problem(ObjectKey service, InetAddress address, boolean given) {
    if (address.isLoopbackAddress()) {
      return Optional.of("is a loopback address");
    }
    if (address.isLinkLocalAddress()) {
      return Optional.of("is a link-local address");
    }
    if (address.isMulticastAddress()) {
      return Optional.of("is a multicast address");
    }
    if (address instanceof Inet4Address) {
      int first = Byte.toUnsignedInt(address.getAddress()[0]);
      if (first == 0 || first >= 240) {
        return Optional.of("is no unicast address");
      }
    }
    String owner = taken.get(address);
    if (owner != null) {
      return Optional.of("is the address of " + owner);
    }
    // What is given stays: nobody loses an address because another one writes it down.
    boolean has = given || begun.contains(address);
    for (Map.Entry<ObjectKey, String> other :
        others.getOrDefault(address, Collections.emptySortedMap()).entrySet()) {
      if (!has && !other.getKey().equals(service)) {
        return Optional.of(
            "is the address of Service " + other.getKey() + " (" + other.getValue() + ")");
      }
    }
    for (Map.Entry<Prefix, String> range : ranges.entrySet()) {
      if (range.getKey().covers(address)) {
        return Optional.of("is in " + range.getKey() + ", the range of " + range.getValue());
      }
    }
    if (!allowed.isEmpty()
        && allowed.stream().noneMatch(range -> range.contains(IpAddress.of(address)))) {
      return Optional.of("is in none of the allowed ranges " + allowed);
    }
    // A pool that is changed takes nobody's address away.
    if (allowed.isEmpty()
        && !pools.isEmpty()
        && !has
        && pools.stream().noneMatch(range -> range.contains(IpAddress.of(address)))) {
      return Optional.of("is in no range of the pools that this cluster has");
    }
    for (Prefix subnet : subnets) {
      if (subnet.isLowest(address)) {
        return Optional.of("is the lowest address of the nodes' network " + subnet);
      }
      if (subnet.isBroadcast(address)) {
        return Optional.of("is the broadcast address of the nodes' network " + subnet);
      }
    }
    return Optional.empty();
  }

  private static Result refuse(String field, String text, String problem, String fix) {
    return new Result.Refused(new Refusal(field, text, problem, fix));
  }
}
