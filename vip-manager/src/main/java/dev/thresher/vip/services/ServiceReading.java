package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import java.net.InetAddress;
import java.util.List;

/// What one Service asks of the vip-managers.
public sealed interface ServiceReading {

  ObjectKey key();

  /// Not for us: another type, another class, or told to leave it alone.
  record NotOurs(ObjectKey key, String reason) implements ServiceReading {}

  /// Ours, but nothing to hold.
  ///
  /// @param refusals what stands in the way; empty: it has no address yet
  record Nothing(ObjectKey key, List<Refusal> refusals) implements ServiceReading {
    public Nothing {
      refusals = List.copyOf(refusals);
    }
  }

  /// Ours, with addresses.
  ///
  /// @param addresses in the order of the source, without repeats, at least one
  /// @param interfaceName the interface asked for, `auto`, or empty
  /// @param local `externalTrafficPolicy: Local`
  /// @param needsEndpoint hold nothing before there is an endpoint
  /// @param preferredNodes nodes that should hold them before others, the first one first
  /// @param refusals addresses left out, and settings that are not followed
  /// @param lease the name under which Services of its namespace want one holder; empty: none
  record Asks(
      ObjectKey key,
      List<InetAddress> addresses,
      String interfaceName,
      boolean local,
      boolean needsEndpoint,
      List<String> preferredNodes,
      List<Refusal> refusals,
      String lease)
      implements ServiceReading {

    /// One that names no lease.
    public Asks(
        ObjectKey key,
        List<InetAddress> addresses,
        String interfaceName,
        boolean local,
        boolean needsEndpoint,
        List<String> preferredNodes,
        List<Refusal> refusals) {
      this(key, addresses, interfaceName, local, needsEndpoint, preferredNodes, refusals, "");
    }

    public Asks {
      addresses = List.copyOf(addresses);
      preferredNodes = List.copyOf(preferredNodes);
      refusals = List.copyOf(refusals);
    }

    /// The same with fewer addresses, and why the others are left out.
    ///
    /// @param left not empty
    Asks only(List<InetAddress> left, List<Refusal> allRefusals) {
      return new Asks(
          key, left, interfaceName, local, needsEndpoint, preferredNodes, allRefusals, lease);
    }
  }
}
