package dev.thresher.e2e.lab;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/// A certificate authority of one cluster. Keys are P-256: made in a millisecond.
final class Certificates {
  private static final Duration VALIDITY = Duration.ofDays(30);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final KeyPair keys;
  private final X500Name name;
  private final X509Certificate certificate;

  /// A certificate with its key.
  record Identity(X509Certificate certificate, PrivateKey key) {
    String certificatePem() {
      return pem(certificate);
    }

    String keyPem() {
      return pem(key);
    }
  }

  Certificates(String commonName) {
    keys = newKeys();
    name = new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
    certificate = sign(name, keys, true, List.of());
  }

  String pem() {
    return pem(certificate);
  }

  /// @param groups organizations, which Kubernetes reads as groups
  /// @param hosts names and addresses that the certificate is for, empty for a client
  Identity issue(String commonName, List<String> groups, List<String> hosts) {
    var subject = new X500NameBuilder();
    groups.forEach(group -> subject.addRDN(BCStyle.O, group));
    subject.addRDN(BCStyle.CN, commonName);
    KeyPair own = newKeys();
    return new Identity(sign(subject.build(), own, false, hosts), own.getPrivate());
  }

  static KeyPair newKeys() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new LabException("cannot make keys: " + e.getMessage(), e);
    }
  }

  static String pem(Object object) {
    var text = new StringWriter();
    try (var writer = new JcaPEMWriter(text)) {
      // PKCS #8 for keys: BouncyCastle's own form leaves out the curve.
      writer.writeObject(
          object instanceof PrivateKey key
              ? new PemObject("PRIVATE KEY", key.getEncoded())
              : object);
    } catch (IOException e) {
      throw new LabException("cannot write PEM: " + e.getMessage(), e);
    }
    return text.toString();
  }

  /// TLS that presents `identity` and trusts this authority.
  SSLContext tls(Identity identity) {
    try {
      char[] password = {};
      var own = KeyStore.getInstance("PKCS12");
      own.load(null, password);
      own.setKeyEntry(
          "own", identity.key(), password, new X509Certificate[] {identity.certificate()});
      var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(own, password);
      var trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, password);
      // Read again through the JDK's own factory: its TLS stack prefers its own classes.
      trusted.setCertificateEntry(
          "ca",
          CertificateFactory.getInstance("X.509")
              .generateCertificate(
                  new ByteArrayInputStream(pem().getBytes(StandardCharsets.US_ASCII))));
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      var context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), trust.getTrustManagers(), RANDOM);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new LabException("cannot set up TLS: " + e.getMessage(), e);
    }
  }

  private X509Certificate sign(
      X500Name subject, KeyPair own, boolean authority, List<String> hosts) {
    Instant now = Instant.now();
    var builder =
        new JcaX509v3CertificateBuilder(
            name,
            new BigInteger(120, RANDOM),
            // The clocks of a lab may be wrong on purpose.
            Date.from(now.minus(VALIDITY)),
            Date.from(now.plus(VALIDITY)),
            subject,
            own.getPublic());
    try {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
      if (authority) {
        builder.addExtension(
            Extension.keyUsage,
            true,
            new KeyUsage(KeyUsage.keyCertSign | KeyUsage.digitalSignature | KeyUsage.cRLSign));
      } else {
        builder.addExtension(
            Extension.extendedKeyUsage,
            false,
            new ExtendedKeyUsage(
                new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      }
      if (!hosts.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(
                hosts.stream().map(Certificates::generalName).toArray(GeneralName[]::new)));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    } catch (GeneralSecurityException | IOException | OperatorException e) {
      throw new LabException("cannot sign a certificate for " + subject + ": " + e.getMessage(), e);
    }
  }

  private static GeneralName generalName(String host) {
    boolean address =
        host.contains(":") || host.chars().allMatch(c -> c == '.' || Character.isDigit(c));
    return new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host);
  }
}
