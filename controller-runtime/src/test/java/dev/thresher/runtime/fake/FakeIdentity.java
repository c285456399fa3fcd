package dev.thresher.runtime.fake;

import dev.thresher.runtime.client.Pem;
import dev.thresher.runtime.tls.CertifiedKey;
import dev.thresher.runtime.tls.SelfSignedCertificate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// What a server on the loopback address shows its clients.
///
/// @param authority what clients shall trust, as a kubeconfig holds it: PEM in Base64
record FakeIdentity(SSLContext context, String authority) {

  private static final char[] PASSWORD = "fake".toCharArray();

  static FakeIdentity make() {
    CertifiedKey made = SelfSignedCertificate.generate(List.of("127.0.0.1"), Instant.now());
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "server", made.key(), PASSWORD, made.chain().toArray(X509Certificate[]::new));
      var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return new FakeIdentity(
          context,
          Base64.getEncoder()
              .encodeToString(Pem.text(made.chain()).getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("no identity for a server", e);
    }
  }
}
