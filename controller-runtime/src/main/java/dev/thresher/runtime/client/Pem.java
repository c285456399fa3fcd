package dev.thresher.runtime.client;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Certificates and private keys in PEM, by means of the JDK alone.
public final class Pem {

  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----(.*?)-----END \\1-----",
          Pattern.DOTALL);

  /// AlgorithmIdentifier of RSA: OID 1.2.840.113549.1.1.1 and NULL (RFC 8017 A.1).
  private static final byte[] RSA =
      der(0x30, bytes(0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1), bytes(0x05, 0));

  /// OID 1.2.840.10045.2.1, id-ecPublicKey (RFC 5480 2.1.1).
  private static final byte[] EC_PUBLIC_KEY = bytes(0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1);

  private Pem() {}

  /// @param what it is, for the error
  public static List<X509Certificate> certificates(String pem, String what) {
    try {
      var factory = CertificateFactory.getInstance("X.509");
      var found =
          factory
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (found.isEmpty()) {
        throw new ClientConfigException(what + " holds no certificate, wanted PEM");
      }
      return found;
    } catch (CertificateException e) {
      throw new ClientConfigException(what + " is not a PEM certificate", e);
    }
  }

  /// Certificates one after the other (RFC 7468).
  public static String text(List<X509Certificate> certificates) {
    var text = new StringBuilder();
    for (X509Certificate certificate : certificates) {
      try {
        text.append(block("CERTIFICATE", certificate.getEncoded()));
      } catch (CertificateEncodingException e) {
        throw new IllegalArgumentException("not an encodable certificate", e);
      }
    }
    return text.toString();
  }

  /// A key in PKCS #8, not encrypted.
  public static String text(PrivateKey key) {
    return block("PRIVATE KEY", key.getEncoded());
  }

  private static String block(String label, byte[] content) {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + label + "-----\n" + lines + "\n-----END " + label + "-----\n";
  }

  /// Reads PKCS #8, and the older forms of RSA (PKCS #1) and EC (SEC 1) that Kubernetes tools
  /// write.
  static PrivateKey privateKey(String pem) {
    return privateKey(pem, "client-key");
  }

  /// @param what it is, for the error
  public static PrivateKey privateKey(String pem, String what) {
    Matcher match = KEY.matcher(pem);
    if (!match.find()) {
      throw new ClientConfigException(what + " holds no PEM private key");
    }
    try {
      byte[] der = Base64.getDecoder().decode(match.group(2).replaceAll("\\s", ""));
      return switch (match.group(1)) {
        case "RSA PRIVATE KEY" -> key(pkcs8(RSA, der), what);
        case "EC PRIVATE KEY" -> key(pkcs8(der(0x30, EC_PUBLIC_KEY, curve(der, what)), der), what);
        case "PRIVATE KEY" -> key(der, what);
        default ->
            throw new ClientConfigException(
                what + " is encrypted, which is not supported; store it without a passphrase");
      };
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new ClientConfigException(what + " is not valid PEM", e);
    }
  }

  private static PrivateKey key(byte[] pkcs8, String what) {
    var spec = new PKCS8EncodedKeySpec(pkcs8);
    GeneralSecurityException last = new GeneralSecurityException("no algorithm");
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (GeneralSecurityException e) {
        last = e;
      }
    }
    throw new ClientConfigException(what + " is neither an RSA, an EC nor an EdDSA key", last);
  }

  /// RFC 5208: version 0, algorithm, the key as an octet string.
  private static byte[] pkcs8(byte[] algorithm, byte[] key) {
    return der(0x30, bytes(0x02, 1, 0), algorithm, der(0x04, key));
  }

  /// The curve's OID out of RFC 5915 `ECPrivateKey`: the element tagged `[0]`.
  private static byte[] curve(byte[] sec1, String what) {
    int at = content(sec1, 0);
    while (at < sec1.length) {
      int start = content(sec1, at);
      int end = start + length(sec1, at);
      if ((sec1[at] & 0xff) == 0xa0 && end <= sec1.length) {
        return Arrays.copyOfRange(sec1, start, end);
      }
      at = end;
    }
    throw new ClientConfigException(what + " (EC) does not name its curve");
  }

  private static int content(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
  }

  private static int length(byte[] der, int at) {
    int first = der[at + 1] & 0xff;
    if (first < 0x80) {
      return first;
    }
    int length = 0;
    for (int i = 0; i < (first & 0x7f); i++) {
      length = (length << 8) | (der[at + 2 + i] & 0xff);
    }
    return length;
  }

  private static byte[] der(int tag, byte[]... parts) {
    var content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    int size = content.size();
    var out = new ByteArrayOutputStream();
    out.write(tag);
    if (size < 0x80) {
      out.write(size);
    } else if (size < 0x100) {
      out.writeBytes(bytes(0x81, size));
    } else {
      out.writeBytes(bytes(0x82, size >> 8, size & 0xff));
    }
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }

  private static byte[] bytes(int... values) {
    byte[] out = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      out[i] = (byte) values[i];
    }
    return out;
  }
}
