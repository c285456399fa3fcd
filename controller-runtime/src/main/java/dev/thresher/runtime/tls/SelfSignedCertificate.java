package dev.thresher.runtime.tls;

import com.google.common.net.InetAddresses;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// Makes a certificate that vouches for itself (RFC 5280), with an EC key on P-256.
///
/// The JDK makes certificates only in its `keytool`; the one fixed shape that is needed here is a
/// page of DER.
public final class SelfSignedCertificate {

  private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
  private static final String COMMON_NAME = "2.5.4.3";
  private static final String SUBJECT_ALT_NAME = "2.5.29.17";
  private static final String BASIC_CONSTRAINTS = "2.5.29.19";
  private static final String KEY_USAGE = "2.5.29.15";
  private static final String EXTENDED_KEY_USAGE = "2.5.29.37";
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

  /// Clocks of clients may be behind.
  private static final Duration BACKDATED = Duration.ofHours(1);

  /// No process lives that long.
  private static final Duration VALID = Duration.ofDays(3650);

  private SelfSignedCertificate() {}

  /// @param names DNS names and IP addresses; the first is the subject's common name
  public static CertifiedKey generate(List<String> names, Instant now) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      byte[] content = content(names, now, pair.getPublic().getEncoded());
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(pair.getPrivate());
      signature.update(content);
      byte[] certificate = Der.sequence(content, algorithm(), Der.bitString(signature.sign(), 0));
      var parsed =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(certificate));
      return new CertifiedKey(pair.getPrivate(), List.of(parsed));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime cannot make EC certificates", e);
    }
  }

  /// `TBSCertificate`, RFC 5280 4.1.
  private static byte[] content(List<String> names, Instant now, byte[] publicKey) {
    byte[] who =
        Der.sequence(Der.set(Der.sequence(Der.oid(COMMON_NAME), Der.utf8(names.getFirst()))));
    return Der.sequence(
        Der.tagged(0, Der.integer(BigInteger.TWO)),
        Der.integer(new BigInteger(120, new SecureRandom()).add(BigInteger.ONE)),
        algorithm(),
        who,
        Der.sequence(Der.time(now.minus(BACKDATED)), Der.time(now.plus(VALID))),
        who,
        publicKey,
        Der.tagged(3, extensions(names)));
  }

  private static byte[] algorithm() {
    return Der.sequence(Der.oid(ECDSA_WITH_SHA256));
  }

  private static byte[] extensions(List<String> names) {
    byte[][] alternatives =
        names.stream().map(SelfSignedCertificate::generalName).toArray(byte[][]::new);
    return Der.sequence(
        extension(BASIC_CONSTRAINTS, true, Der.sequence(Der.bool(true))),
        // digitalSignature and keyCertSign
        extension(KEY_USAGE, true, Der.bitString(new byte[] {(byte) 0x84}, 2)),
        extension(EXTENDED_KEY_USAGE, false, Der.sequence(Der.oid(SERVER_AUTH))),
        extension(SUBJECT_ALT_NAME, false, Der.sequence(alternatives)));
  }

  private static byte[] extension(String oid, boolean critical, byte[] value) {
    return critical
        ? Der.sequence(Der.oid(oid), Der.bool(true), Der.octets(value))
        : Der.sequence(Der.oid(oid), Der.octets(value));
  }

  /// `dNSName [2]` or `iPAddress [7]`.
  private static byte[] generalName(String name) {
    return InetAddresses.isInetAddress(name)
        ? Der.primitive(0x87, InetAddresses.forString(name).getAddress())
        : Der.primitive(0x82, name.getBytes(StandardCharsets.US_ASCII));
  }
}
