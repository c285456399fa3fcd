package dev.thresher.runtime.tls;

import java.nio.file.Path;
import java.util.List;

/// Where a server's certificate comes from.
public sealed interface ServerCertificates {

  /// PEM files, read again when they change. A change that cannot be read is logged, and the old
  /// certificate goes on serving.
  ///
  /// @param certificate the server's own first, then its chain
  /// @param key PKCS #8, PKCS #1 or SEC 1, not encrypted
  record Files(Path certificate, Path key) implements ServerCertificates {}

  /// Made when the first client connects, kept in memory, trusted by nobody.
  ///
  /// @param names DNS names and IP addresses it is for
  record SelfSigned(List<String> names) implements ServerCertificates {
    public SelfSigned {
      names = List.copyOf(names);
    }
  }
}
