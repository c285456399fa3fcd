package dev.thresher.runtime.delegation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;

/// An authority and the certificates it signs, made by the JDK's own tool.
final class TestAuthority {

  private static final String PASSWORD = "changeit";

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
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder().encodeToString(certificate().getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }

  /// With all keys of the store.
  KeyManagerFactory keyManagers() throws Exception {
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys(), PASSWORD.toCharArray());
    return factory;
  }

  private KeyStore keys() throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return keys;
  }

  private void keytool(String alias, String subject, String... more) throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/keytool",
                "-genkeypair",
                "-alias",
                alias,
                "-keyalg",
                "EC",
                "-dname",
                subject,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
    command.addAll(List.of(more));
    Process made = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(made.waitFor()).as(said).isZero();
  }
}
