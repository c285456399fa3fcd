package dev.thresher.runtime.tls;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/// Makes a certificate authority, and certificates of servers that it vouches for (RFC 5280).
///
/// New keys are EC on P-256; an authority that was made elsewhere may have an RSA key.
public final class CertificateAuthority {

  private CertificateAuthority() {}

  /// @param name common name; two authorities must not share one, since verifiers look for the
  ///   issuer by it
  public static CertifiedKey create(String name, Instant from, Instant until) {
    KeyPair pair = X509.newKey();
    byte[] subject = X509.commonName(name);
    byte[] extensions =
        Der.sequence(
            X509.extension(X509.BASIC_CONSTRAINTS, true, Der.sequence(Der.bool(true))),
            // keyCertSign and cRLSign
            X509.extension(X509.KEY_USAGE, true, Der.bitString(new byte[] {0x06}, 1)));
    X509Certificate certificate =
        X509.sign(
            new X509.Content(
                subject, subject, from, until, pair.getPublic().getEncoded(), extensions),
            pair.getPrivate());
    return new CertifiedKey(pair.getPrivate(), List.of(certificate));
  }

  /// A new key of a server, with the certificate of the authority behind its own.
  ///
  /// @param names DNS names and IP addresses; the first is the subject's common name
  /// @param until not after the end of the authority's own certificate, which it is cut to
  public static CertifiedKey issue(
      CertifiedKey authority, List<String> names, Instant from, Instant until) {
    KeyPair pair = X509.newKey();
    X509Certificate issuer = authority.chain().getFirst();
    Instant end = issuer.getNotAfter().toInstant();
    byte[] extensions =
        Der.sequence(
            X509.extension(X509.BASIC_CONSTRAINTS, true, Der.sequence()),
            // digitalSignature
            X509.extension(X509.KEY_USAGE, true, Der.bitString(new byte[] {(byte) 0x80}, 7)),
            X509.extension(X509.EXTENDED_KEY_USAGE, false, Der.sequence(Der.oid(X509.SERVER_AUTH))),
            X509.extension(X509.SUBJECT_ALT_NAME, false, X509.alternativeNames(names)));
    X509Certificate certificate =
        X509.sign(
            new X509.Content(
                issuer.getSubjectX500Principal().getEncoded(),
                X509.commonName(names.getFirst()),
                from,
                end.isBefore(until) ? end : until,
                pair.getPublic().getEncoded(),
                extensions),
            authority.key());
    return new CertifiedKey(pair.getPrivate(), List.of(certificate, issuer));
  }

  /// Whether this authority signed the certificate.
  public static boolean signed(X509Certificate authority, X509Certificate certificate) {
    try {
      certificate.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException _) {
      // Another key, or one of another algorithm.
      return false;
    }
  }

  /// Whether the certificate may sign others.
  public static boolean isAuthority(X509Certificate certificate) {
    return certificate.getBasicConstraints() >= 0;
  }

  /// Whether [#issue] can sign by this key: an RSA or EC key, and the certificate's own.
  public static boolean canSign(CertifiedKey authority) {
    String algorithm = authority.key().getAlgorithm();
    return (algorithm.equals("EC") || algorithm.equals("RSA")) && authority.isPair();
  }

  /// Whether the time is within the certificate's.
  public static boolean isValid(X509Certificate certificate, Instant now) {
    return !now.isBefore(certificate.getNotBefore().toInstant())
        && !now.isAfter(certificate.getNotAfter().toInstant());
  }
}
