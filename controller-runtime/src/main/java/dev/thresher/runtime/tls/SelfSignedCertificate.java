package dev.thresher.runtime.tls;

import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// Makes a certificate that vouches for itself (RFC 5280), with an EC key on P-256.
public final class SelfSignedCertificate {

  /// Clocks of clients may be behind.
  private static final Duration BACKDATED = Duration.ofHours(1);

  /// No process lives that long.
  private static final Duration VALID = Duration.ofDays(3650);

  private SelfSignedCertificate() {}

  /// @param names DNS names and IP addresses; the first is the subject's common name
  public static CertifiedKey generate(List<String> names, Instant now) {
    KeyPair pair = X509.newKey();
    byte[] who = X509.commonName(names.getFirst());
    X509Certificate certificate =
        X509.sign(
            new X509.Content(
                who,
                who,
                now.minus(BACKDATED),
                now.plus(VALID),
                pair.getPublic().getEncoded(),
                extensions(names)),
            pair.getPrivate());
    return new CertifiedKey(pair.getPrivate(), List.of(certificate));
  }

  private static byte[] extensions(List<String> names) {
    return Der.sequence(
        X509.extension(X509.BASIC_CONSTRAINTS, true, Der.sequence(Der.bool(true))),
        // digitalSignature and keyCertSign
        X509.extension(X509.KEY_USAGE, true, Der.bitString(new byte[] {(byte) 0x84}, 2)),
        X509.extension(X509.EXTENDED_KEY_USAGE, false, Der.sequence(Der.oid(X509.SERVER_AUTH))),
        X509.extension(X509.SUBJECT_ALT_NAME, false, X509.alternativeNames(names)));
  }
}
