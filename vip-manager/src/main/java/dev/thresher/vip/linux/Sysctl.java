package dev.thresher.vip.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Kernel settings under `/proc/sys`.
public final class Sysctl {
  private Sysctl() {}

  /// Whether IPv6 packets are forwarded from an interface: such a node calls itself a router.
  public static boolean forwardsIpv6(String interfaceName) {
    return read("net", "ipv6", "conf", interfaceName, "forwarding")
        .filter(value -> !value.equals("0"))
        .isPresent();
  }

  /// Whether IPv6 is switched off on an interface, or absent from the kernel.
  public static boolean lacksIpv6(String interfaceName) {
    return read("net", "ipv6", "conf", interfaceName, "disable_ipv6")
        .filter(value -> value.equals("0"))
        .isEmpty();
  }

  /// Whether the kernel drops IPv4 packets that come in by an interface by which it would not
  /// answer them (RFC 3704's strict mode): the higher of the interface's setting and that of all
  /// counts.
  public static boolean dropsByReversePath(String interfaceName) {
    return Math.max(reversePath("all"), reversePath(interfaceName)) == 1;
  }

  private static int reversePath(String interfaceName) {
    return read("net", "ipv4", "conf", interfaceName, "rp_filter")
        .map(value -> value.equals("1") ? 1 : value.equals("2") ? 2 : 0)
        .orElse(0);
  }

  /// A setting; empty if the kernel has no such.
  ///
  /// Names are path elements, not dotted: an interface's name may contain a dot.
  public static Optional<String> read(String... name) {
    try {
      return Optional.of(Files.readString(Path.of("/proc/sys", name)).trim());
    } catch (IOException e) {
      // Absent, or gone with its interface: both mean that there is no such setting.
      return Optional.empty();
    }
  }
}
