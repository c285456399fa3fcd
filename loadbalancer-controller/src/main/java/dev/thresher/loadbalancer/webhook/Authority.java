package dev.thresher.loadbalancer.webhook;

import dev.thresher.runtime.client.ClientConfigException;
import dev.thresher.runtime.client.Pem;
import dev.thresher.runtime.tls.CertifiedKey;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The certificate authority as its Secret holds it.
///
/// `tls.crt` and `tls.key` are what signs, as in Harvester's Secret. A successor stands beside it
/// until every API server trusts it, and what it replaced stays trusted as long as it is valid: a
/// server certificate of either is good at any time.
///
/// @param current signs
/// @param next is to sign, empty while no change is near
/// @param former what signed before, to be trusted still
record Authority(CertifiedKey current, Optional<Next> next, List<X509Certificate> former) {

  static final String CERTIFICATE = "tls.crt";
  static final String KEY = "tls.key";

  private static final String NEXT_CERTIFICATE = "next.crt";
  private static final String NEXT_KEY = "next.key";
  private static final String NEXT_SINCE = "next.since";
  private static final String FORMER = "former.crt";

  Authority {
    former = List.copyOf(former);
  }

  /// @param since when it was made
  record Next(CertifiedKey key, Instant since) {}

  static Authority of(CertifiedKey current) {
    return new Authority(current, Optional.empty(), List.of());
  }

  X509Certificate certificate() {
    return current.chain().getFirst();
  }

  /// What API servers are to trust, in the order in which it ends.
  ///
  /// The order does not tell which of them signs: so the bundle stays as it is when a successor
  /// begins to. Each change of the bundle costs an API server its connections to the webhooks and,
  /// in the definition, its storage of load balancers.
  List<X509Certificate> trusted() {
    var all = new LinkedHashSet<X509Certificate>();
    all.add(certificate());
    next.ifPresent(successor -> all.add(successor.key().chain().getFirst()));
    all.addAll(former);
    return all.stream()
        .sorted(
            Comparator.comparing(X509Certificate::getNotAfter)
                .thenComparing(X509Certificate::getSerialNumber))
        .toList();
  }

  /// A successor stands ready. What is over is forgotten now, since the bundle changes anyway.
  Authority preparing(CertifiedKey key, Instant now) {
    List<X509Certificate> valid =
        former.stream()
            .filter(certificate -> !certificate.getNotAfter().toInstant().isBefore(now))
            .toList();
    return new Authority(current, Optional.of(new Next(key, now)), valid);
  }

  /// The successor signs from now on.
  Authority promoted() {
    var before = new ArrayList<X509Certificate>();
    before.add(certificate());
    before.addAll(former);
    return new Authority(next.orElseThrow().key(), Optional.empty(), before);
  }

  /// @throws dev.thresher.runtime.client.ClientConfigException if it is damaged
  static Authority read(Map<String, byte[]> data) {
    Optional<Next> next =
        data.containsKey(NEXT_CERTIFICATE) && data.containsKey(NEXT_KEY)
            ? Optional.of(new Next(key(data, NEXT_CERTIFICATE, NEXT_KEY), since(data)))
            : Optional.empty();
    String former = text(data, FORMER);
    return new Authority(
        key(data, CERTIFICATE, KEY),
        next,
        former.isBlank() ? List.of() : Pem.certificates(former, FORMER));
  }

  /// The whole content of the Secret.
  Map<String, byte[]> data() {
    Map<String, byte[]> data = new LinkedHashMap<>(data(current));
    next.ifPresent(successor -> {
      put(data, NEXT_CERTIFICATE, Pem.text(successor.key().chain()));
      put(data, NEXT_KEY, Pem.text(successor.key().key()));
      put(data, NEXT_SINCE, successor.since().toString());
    });
    if (!former.isEmpty()) {
      put(data, FORMER, Pem.text(former));
    }
    return data;
  }

  /// `tls.crt` and `tls.key`.
  static Map<String, byte[]> data(CertifiedKey key) {
    Map<String, byte[]> data = new LinkedHashMap<>();
    put(data, CERTIFICATE, Pem.text(key.chain()));
    put(data, KEY, Pem.text(key.key()));
    return data;
  }

  /// @throws dev.thresher.runtime.client.ClientConfigException if it is damaged
  static CertifiedKey key(Map<String, byte[]> data) {
    return key(data, CERTIFICATE, KEY);
  }

  private static CertifiedKey key(Map<String, byte[]> data, String certificate, String key) {
    var certified =
        new CertifiedKey(
            Pem.privateKey(text(data, key), key),
            Pem.certificates(text(data, certificate), certificate));
    if (!certified.isPair()) {
      throw new ClientConfigException(key + " is not the key of the certificate in " + certificate);
    }
    return certified;
  }

  private static Instant since(Map<String, byte[]> data) {
    try {
      return Instant.parse(text(data, NEXT_SINCE));
    } catch (DateTimeParseException _) {
      // Then it has not been there for long, as far as anybody knows.
      return Instant.MAX;
    }
  }

  private static String text(Map<String, byte[]> data, String key) {
    return new String(data.getOrDefault(key, new byte[0]), StandardCharsets.US_ASCII);
  }

  private static void put(Map<String, byte[]> data, String key, String text) {
    data.put(key, text.getBytes(StandardCharsets.US_ASCII));
  }
}
