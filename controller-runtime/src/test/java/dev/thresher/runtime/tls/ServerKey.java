package dev.thresher.runtime.tls;

import dev.thresher.runtime.client.Pem;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A server's key and certificate. Making one costs a process: each kind is made once.
record ServerKey(X509Certificate certificate, PrivateKey privateKey) {

  private static final Map<Kind, ServerKey> MADE = new ConcurrentHashMap<>();

  private record Kind(String algorithm, int size, String host) {}

  /// @param size in bits; 0 where the algorithm has one size only
  /// @param host the name that the certificate is for
  static ServerKey of(String algorithm, int size, String host) {
    return MADE.computeIfAbsent(new Kind(algorithm, size, host), ServerKey::make);
  }

  /// Writes `<name>.crt` and `<name>.key`.
  ServerCertificates.Files write(Path directory, String name) throws Exception {
    Path chain = directory.resolve(name + ".crt");
    Path key = directory.resolve(name + ".key");
    Files.writeString(chain, Pem.text(List.of(certificate)));
    Files.writeString(key, Pem.text(privateKey));
    return new ServerCertificates.Files(chain, key);
  }

  private static ServerKey make(Kind kind) {
    try {
      Path directory = Files.createTempDirectory("server-key");
      Path store = directory.resolve("store.p12");
      try {
        var more = new ArrayList<>(List.of("-ext", "san=dns:" + kind.host()));
        if (kind.size() > 0) {
          more.addAll(List.of("-keysize", String.valueOf(kind.size())));
        }
        KeyTool.generate(store, "server", kind.algorithm(), "CN=" + kind.host(), more);
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
          keys.load(in, KeyTool.PASSWORD.toCharArray());
        }
        return new ServerKey(
            (X509Certificate) keys.getCertificate("server"),
            (PrivateKey) keys.getKey("server", KeyTool.PASSWORD.toCharArray()));
      } finally {
        Files.deleteIfExists(store);
        Files.delete(directory);
      }
    } catch (Exception e) {
      throw new IllegalStateException("no key of kind " + kind, e);
    }
  }
}
