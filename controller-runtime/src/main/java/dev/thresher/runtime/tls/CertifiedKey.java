package dev.thresher.runtime.tls;

import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;

/// A private key and the certificates that vouch for it, the key's own first.
public record CertifiedKey(PrivateKey key, List<X509Certificate> chain) {

  /// `GeneralName`'s choice `dNSName`, RFC 5280, 4.2.1.6.
  private static final int DNS_NAME = 2;

  public CertifiedKey {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("a key needs at least its own certificate");
    }
  }

  /// Says whose key it is, never what it is.
  @Override
  public String toString() {
    return "CertifiedKey[" + chain.getFirst().getSubjectX500Principal() + "]";
  }

  /// The DNS names that the certificate is for (RFC 5280, 4.2.1.6).
  List<String> dnsNames() {
    try {
      Collection<List<?>> alternatives = chain.getFirst().getSubjectAlternativeNames();
      return alternatives == null
          ? List.of()
          : alternatives.stream()
              .filter(name -> Integer.valueOf(DNS_NAME).equals(name.get(0)))
              .map(name -> String.valueOf(name.get(1)))
              .toList();
    } catch (CertificateParsingException _) {
      return List.of();
    }
  }
}
