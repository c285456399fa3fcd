package dev.thresher.runtime.serving;

import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A request before it is answered, as far as the question goes who may ask for what.
///
/// @param client the address it comes from
/// @param certificates that the client showed in the handshake, its own first; nobody has checked
///   them beyond that the client has the key. Empty without TLS
/// @param headers by name in lower case
/// @param method as sent: `GET`
public record Visit(
    InetAddress client,
    List<X509Certificate> certificates,
    Map<String, List<String>> headers,
    String method,
    String path) {

  public Visit {
    certificates = List.copyOf(certificates);
    var lower = new TreeMap<String, List<String>>();
    headers.forEach(
        (name, values) -> lower.put(name.toLowerCase(Locale.ROOT), List.copyOf(values)));
    headers = Map.copyOf(lower);
  }

  public boolean fromThisMachine() {
    return client.isLoopbackAddress();
  }

  /// All values of a header, in any spelling of its name.
  public List<String> header(String name) {
    return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
  }

  public Optional<String> firstHeader(String name) {
    return header(name).stream().filter(value -> !value.isEmpty()).findFirst();
  }
}
