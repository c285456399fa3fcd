package dev.thresher.runtime.delegation;

import dev.thresher.runtime.client.Pem;
import dev.thresher.runtime.tls.KeyTool;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;

/// An authority and the certificates it signs, made by the JDK's own tool.
final class TestAuthority {

  private final Path store;

  TestAuthority(Path directory, String name) throws Exception {
    this.store = directory.resolve(name + ".p12");
    keytool("ca", "CN=" + name, "-ext", "bc:c=ca:true");
  }

  /// The certificate of a client and its chain.
  List<X509Certificate> issue(String alias, String subject, String usage) throws Exception {
    keytool(alias, subject, "-signer", "ca", "-ext", "eku=" + usage);
    return Arrays.stream(keys().getCertificateChain(alias))
        .map(X509Certificate.class::cast)
        .toList();
  }

  X509Certificate certificate() throws Exception {
    return (X509Certificate) keys().getCertificate("ca");
  }

  String pem() throws Exception {
    return Pem.text(List.of(certificate()));
  }

  /// With all keys of the store.
  KeyManagerFactory keyManagers() throws Exception {
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys(), KeyTool.PASSWORD.toCharArray());
    return factory;
  }

  private KeyStore keys() throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, KeyTool.PASSWORD.toCharArray());
    }
    return keys;
  }

  private void keytool(String alias, String subject, String... more) throws Exception {
    KeyTool.generate(store, alias, "EC", subject, List.of(more));
  }
}
