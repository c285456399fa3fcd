package dev.thresher.vip.controlplane;

import dev.thresher.vip.controlplane.ControlPlaneConfig.Families;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// What one DNS name stands for, by its answers one after the other. An answer that names the same
/// addresses in another order, and one that leaves a family out once, move nothing. Confined to one
/// thread at a time.
final class NamedAddresses {

  /// After so many answers without it a family is gone.
  static final int ANSWERS = 3;

  private final Set<InetAddress> preferred;
  private List<InetAddress> standsFor = List.of();
  private int without;

  /// @param held addresses that are held already: of several ones these are chosen
  NamedAddresses(Collection<InetAddress> held) {
    this.preferred = new HashSet<>(held);
  }

  /// The addresses to hold after an answer; none if there is none in it that can be held, which
  /// changes nothing.
  ///
  /// @param all that the name stands for, in the resolver's order
  List<InetAddress> answered(List<InetAddress> all, Families families) {
    List<InetAddress> usable = all.stream().filter(NamedAddresses::isUsable).toList();
    List<InetAddress> chosen =
        choose(
            Stream.concat(
                    usable.stream().filter(preferred::contains),
                    usable.stream().filter(address -> !preferred.contains(address)))
                .toList(),
            families);
    if (chosen.isEmpty()) {
      return chosen;
    }
    without = chosen.size() < standsFor.size() ? without + 1 : 0;
    if (without == 0 || without >= ANSWERS) {
      without = 0;
      standsFor = chosen;
      preferred.clear();
      preferred.addAll(chosen);
    }
    return standsFor;
  }

  /// Whether a node other than the asking one could have the address, too.
  private static boolean isUsable(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    int first = Byte.toUnsignedInt(address.getAddress()[0]);
    return !(address instanceof Inet4Address) || (first > 0 && first < 240);
  }

  private static List<InetAddress> choose(List<InetAddress> all, Families families) {
    Optional<InetAddress> v4 = all.stream().filter(Inet4Address.class::isInstance).findFirst();
    Optional<InetAddress> v6 =
        all.stream().filter(address -> !(address instanceof Inet4Address)).findFirst();
    return switch (families) {
      case FIRST -> all.stream().limit(1).toList();
      case IPV4 -> v4.stream().toList();
      case IPV6 -> v6.stream().toList();
      case DUAL -> Stream.concat(v4.stream(), v6.stream()).toList();
    };
  }
}
