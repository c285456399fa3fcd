package dev.thresher.vip.services;

import dev.thresher.api.ObjectKey;
import io.kubernetes.client.openapi.models.V1Service;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;

/// What one Service asks of the vip-managers.
public sealed interface ServiceReading {

  ObjectKey key();

  /// Not for us: another type, another class, or told to leave it alone.
  ///
  /// @param others whether it is for another program, as its class says
  record NotOurs(ObjectKey key, String reason, boolean others) implements ServiceReading {
    NotOurs(ObjectKey key, String reason) {
      this(key, reason, false);
    }
  }

  /// Ours, but nothing to hold.
  ///
  /// @param refusals what stands in the way; empty: it has no address yet
  /// @param version the `resourceVersion` that was read; empty if it is not known
  record Nothing(ObjectKey key, List<Refusal> refusals, String version) implements ServiceReading {
    public Nothing {
      refusals = List.copyOf(refusals);
    }

    Nothing(ObjectKey key, List<Refusal> refusals) {
      this(key, refusals, "");
    }

    static Nothing of(V1Service service, List<Refusal> refusals) {
      return new Nothing(
          ObjectKey.of(service),
          refusals,
          Objects.requireNonNullElse(service.getMetadata().getResourceVersion(), ""));
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
