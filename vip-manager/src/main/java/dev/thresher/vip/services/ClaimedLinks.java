package dev.thresher.vip.services;

import dev.thresher.vip.election.NodeLinks;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.l2.Claim;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.LinuxNetwork;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// How a granted address is claimed on a link that it comes to after its grant. Not thread-safe.
///
/// Where it was answered since its grant nobody else has it, and a probe would only cost time. On
/// any other link a stranger may have it, who must not be overrun (RFC 5227 2.1, RFC 4862 5.4).
final class ClaimedLinks {

  /// @param grant how it was granted
  /// @param wish the interfaces that were asked for then
  /// @param names of interfaces on which it was answered since
  /// @param networks around it that these interfaces had
  private record Past(Claim grant, InterfaceNames wish, Set<String> names, Set<String> networks) {
    Past(Claim grant, InterfaceNames wish) {
      this(grant, wish, new HashSet<>(), new HashSet<>());
    }
  }

  private final Map<InetAddress, Past> pasts = new HashMap<>();

  void granted(InetAddress address, Claim claim, InterfaceNames wish) {
    pasts.put(address, new Past(claim, wish));
  }

  void revoked(Set<InetAddress> addresses) {
    pasts.keySet().removeAll(addresses);
  }

  /// It is answered on an interface now.
  void answered(InetAddress address, String name, LinuxNetwork network) {
    Past past = pasts.get(address);
    if (past != null) {
      past.names().add(name);
      around(address, name, network).ifPresent(past.networks()::add);
    }
  }

  /// A stranger has it: what was known of its links is worth nothing any more.
  void disputed(InetAddress address) {
    pasts.computeIfPresent(address, (any, past) -> new Past(Claim.FIRST, past.wish()));
  }

  /// How to claim it on an interface.
  ///
  /// @param wish the interfaces that are asked for now
  Claim next(InetAddress address, String name, InterfaceNames wish, LinuxNetwork network) {
    Past past = pasts.get(address);
    if (past == null) {
      return Claim.FIRST;
    }
    // One that was taken over, and that this node had no interface for until now.
    boolean asGranted =
        past.grant() == Claim.TAKE_OVER && past.names().isEmpty() && past.wish().equals(wish);
    return asGranted
            || past.names().contains(name)
            || around(address, name, network).filter(past.networks()::contains).isPresent()
            || past.names().stream().anyMatch(before -> isPortOf(before, name, network))
        ? Claim.TAKE_OVER
        : Claim.FIRST;
  }

  /// The network around an address that an interface has.
  private static Optional<String> around(InetAddress address, String name, LinuxNetwork network) {
    return network.link(name).stream()
        .flatMap(link -> NodeLinks.subnets(network, link).stream())
        .filter(own -> own.covers(address))
        .map(Prefix::network)
        .findFirst();
  }

  /// An interface that became the port of a bridge or a bond is on the link that it was on.
  private static boolean isPortOf(String port, String master, LinuxNetwork network) {
    return network
        .link(port)
        .filter(link -> network.bearer(link).name().equals(master))
        .isPresent();
  }
}
