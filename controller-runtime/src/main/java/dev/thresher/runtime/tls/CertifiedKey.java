package dev.thresher.runtime.tls;

import com.google.common.net.InetAddresses;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/// A private key and the certificates that vouch for it, the key's own first.
public record CertifiedKey(PrivateKey key, List<X509Certificate> chain) {

  /// `GeneralName`'s choice `dNSName`, RFC 5280, 4.2.1.6.
  private static final int DNS_NAME = 2;

  /// `iPAddress`.
  private static final int IP_ADDRESS = 7;

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

  /// Whether the key is that of the certificate: what it signs the certificate verifies.
  public boolean isPair() {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> "EdDSA";
        };
    byte[] probe = {1, 2, 3};
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(chain.getFirst().getPublicKey());
      signature.update(probe);
      return signature.verify(signed);
    } catch (GeneralSecurityException _) {
      // Keys of different algorithms or sizes.
      return false;
    }
  }

  /// The DNS names and IP addresses that the certificate is for (RFC 5280, 4.2.1.6).
  public List<String> names() {
    return alternatives(Set.of(DNS_NAME, IP_ADDRESS));
  }

  /// Without the addresses.
  List<String> dnsNames() {
    return alternatives(Set.of(DNS_NAME));
  }

  /// The JDK writes IPv6 addresses without their short form (RFC 5952).
  private static String canonical(String name) {
    return InetAddresses.isInetAddress(name)
        ? InetAddresses.toAddrString(InetAddresses.forString(name))
        : name;
  }

  private List<String> alternatives(Set<Integer> kinds) {
    try {
      Collection<List<?>> alternatives = chain.getFirst().getSubjectAlternativeNames();
      return alternatives == null
          ? List.of()
          : alternatives.stream()
              .filter(name -> name.get(0) instanceof Integer kind && kinds.contains(kind))
              .map(name -> canonical(String.valueOf(name.get(1))))
              .toList();
    } catch (CertificateParsingException _) {
      return List.of();
    }
  }
}
