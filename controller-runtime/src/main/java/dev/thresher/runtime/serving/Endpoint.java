package dev.thresher.runtime.serving;

import dev.thresher.runtime.tls.ServerCertificates;
import dev.thresher.runtime.tls.TlsPolicy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/// Where to listen.
///
/// @param host IP address, `0.0.0.0` or `::` for all (of both families, where the system has both)
/// @param port 0 for any free one
/// @param flags the flags or variables that set host and port, for the error if it does not work
public record Endpoint(String host, int port, String flags, Transport transport) {

  public static Endpoint http(String host, int port, String flags) {
    return new Endpoint(host, port, flags, new Transport.Plain());
  }

  public static Endpoint https(
      String host, int port, String flags, ServerCertificates certificates) {
    return https(host, port, flags, certificates, TlsPolicy.DEFAULT);
  }

  public static Endpoint https(
      String host, int port, String flags, ServerCertificates certificates, TlsPolicy policy) {
    return new Endpoint(host, port, flags, new Transport.Tls(certificates, policy));
  }

  /// What the bytes travel in.
  public sealed interface Transport {
    record Plain() implements Transport {}

    record Tls(ServerCertificates certificates, TlsPolicy policy) implements Transport {}
  }

  /// What to bind to. All addresses are those of IPv4 where the system has no IPv6.
  ///
  /// @throws UnknownHostException if the host is no address and no name of one
  InetSocketAddress bound() throws UnknownHostException {
    InetAddress named = InetAddress.getByName(host);
    return named.isAnyLocalAddress()
        ? new InetSocketAddress(port)
        : new InetSocketAddress(named, port);
  }

  /// `host:port`, with brackets around an IPv6 address.
  public String address() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
