package dev.thresher.runtime.tls;

import com.google.common.net.InetAddresses;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.List;

/// Writes certificates (RFC 5280, 4.1). The JDK makes certificates only in its `keytool`; the few
/// fixed shapes that are needed here are a page of DER.
final class X509 {

  static final String SUBJECT_ALT_NAME = "2.5.29.17";
  static final String BASIC_CONSTRAINTS = "2.5.29.19";
  static final String KEY_USAGE = "2.5.29.15";
  static final String EXTENDED_KEY_USAGE = "2.5.29.37";
  static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

  private static final String COMMON_NAME = "2.5.4.3";
  private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
  private static final String RSA_WITH_SHA256 = "1.2.840.113549.1.1.11";

  private X509() {}

  /// `TBSCertificate` but for what is always the same. Encoded names, key and extensions.
  @SuppressWarnings("ArrayRecordComponent") // Made and read once, never compared.
  record Content(
      byte[] issuer,
      byte[] subject,
      Instant from,
      Instant until,
      byte[] publicKey,
      byte[] extensions) {}

  /// On P-256.
  static KeyPair newKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java runtime cannot make EC keys", e);
    }
  }

  /// @param signer the issuer's key, EC or RSA
  static X509Certificate sign(Content content, PrivateKey signer) {
    boolean rsa = signer.getAlgorithm().equals("RSA");
    // RFC 4055, 5: RSA has parameters, which are NULL; RFC 5758, 3.2: ECDSA has none.
    byte[] algorithm =
        rsa
            ? Der.sequence(Der.oid(RSA_WITH_SHA256), Der.primitive(0x05, new byte[0]))
            : Der.sequence(Der.oid(ECDSA_WITH_SHA256));
    byte[] signed =
        Der.sequence(
            Der.tagged(0, Der.integer(BigInteger.TWO)),
            Der.integer(new BigInteger(120, new SecureRandom()).add(BigInteger.ONE)),
            algorithm,
            content.issuer(),
            Der.sequence(Der.time(content.from()), Der.time(content.until())),
            content.subject(),
            content.publicKey(),
            Der.tagged(3, content.extensions()));
    try {
      Signature signature = Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSA");
      signature.initSign(signer);
      signature.update(signed);
      byte[] certificate = Der.sequence(signed, algorithm, Der.bitString(signature.sign(), 0));
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(certificate));
    } catch (GeneralSecurityException e) {
      throw new CertificateException("the key cannot sign certificates: " + e.getMessage(), e);
    }
  }

  static byte[] commonName(String name) {
    return Der.sequence(Der.set(Der.sequence(Der.oid(COMMON_NAME), Der.utf8(name))));
  }

  static byte[] extension(String oid, boolean critical, byte[] value) {
    return critical
        ? Der.sequence(Der.oid(oid), Der.bool(true), Der.octets(value))
        : Der.sequence(Der.oid(oid), Der.octets(value));
  }

  /// @param names DNS names and IP addresses
  static byte[] alternativeNames(List<String> names) {
    return Der.sequence(names.stream().map(X509::generalName).toArray(byte[][]::new));
  }

  /// `dNSName [2]` or `iPAddress [7]`.
  private static byte[] generalName(String name) {
    return InetAddresses.isInetAddress(name)
        ? Der.primitive(0x87, InetAddresses.forString(name).getAddress())
        : Der.primitive(0x82, name.getBytes(StandardCharsets.US_ASCII));
  }
}
