package dev.thresher.runtime.tls;

import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/// TLS of a server whose certificates may change while it runs: each handshake asks anew.
public final class ServerTls {

  private ServerTls() {}

  /// @throws CertificateException if a certificate cannot be read now
  public static SSLContext context(ServerCertificates certificates) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          new KeyManager[] {new ServerKeys(certificates)},
          new TrustManager[] {new AnyClient()},
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new CertificateException("this Java runtime has no TLS", e);
    }
  }

  static SSLContext plain() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new CertificateException("this Java runtime has no TLS", e);
    }
  }
}
