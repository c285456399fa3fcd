package dev.thresher.loadbalancer.health;

import java.util.List;
import java.util.Locale;

/// What a back end is asked.
public sealed interface Probe {

  /// Whether a connection comes about. It is reset at once: nothing is sent, and no port stays
  /// behind in TIME_WAIT.
  record Tcp() implements Probe {}

  /// `GET` over HTTP/1.1; the status decides, the body is not read.
  ///
  /// @param tls whether over TLS; the certificate is not verified, since a check asks whether
  ///   somebody answers and not who
  /// @param path begins with `/`
  /// @param host the header `Host`, empty for the address that is asked
  /// @param serverName name sent in the TLS handshake, empty for none
  /// @param statuses which statuses mean healthy
  record Http(boolean tls, String path, String host, String serverName, List<StatusRange> statuses)
      implements Probe {
    public Http {
      statuses = List.copyOf(statuses);
    }
  }

  /// `grpc.health.v1.Health/Check`
  /// (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
  ///
  /// @param tls as for HTTP
  /// @param service the service that is asked for, empty for the server as a whole
  /// @param serverName as for HTTP; also the pseudo-header `:authority`
  record Grpc(boolean tls, String service, String serverName) implements Probe {}

  /// One datagram, and any answer or a certain one.
  ///
  /// @param payload what is sent, in base64
  /// @param answer how the answer begins, in base64; empty for any
  record Udp(String payload, String answer) implements Probe {}

  /// Whether there is a way to the back end and back: a connection comes about, or is refused by
  /// whoever is there. It says nothing of a program behind the port, so nobody waits for it.
  record Reach() implements Probe {}

  /// One word for metrics and messages: `tcp`, `http`, `https`, `grpc`, `grpcs`, `udp` or `reach`.
  default String kind() {
    String name = getClass().getSimpleName().toLowerCase(Locale.ROOT);
    return encrypted() ? name + "s" : name;
  }

  /// Whether the question is asked over TLS.
  default boolean encrypted() {
    return switch (this) {
      case Http http -> http.tls();
      case Grpc grpc -> grpc.tls();
      case Tcp _, Udp _, Reach _ -> false;
    };
  }
}
