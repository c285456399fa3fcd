package dev.thresher.runtime.tls;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

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

  /// One that somebody holds and may change; each handshake asks for it.
  ///
  /// @param source answers at once
  record Held(Supplier<CertifiedKey> source) implements ServerCertificates {}

  /// Several, of which the client chooses by the name it asks for.
  ///
  /// @param otherwise for a client that asks for no name, or for one that no other is for
  /// @param named the first that fits counts
  record ByName(ServerCertificates otherwise, List<Named> named) implements ServerCertificates {
    public ByName {
      named = List.copyOf(named);
    }
  }

  /// A certificate for some names.
  ///
  /// @param names DNS names; one that begins with `*.` stands for all with one label in its place.
  ///   Empty for those in the certificate
  record Named(Files files, List<String> names) {
    public Named {
      names = List.copyOf(names);
    }
  }

  /// RFC 9525, 6.3: without regard to case, a wildcard stands for one label.
  static boolean matches(String pattern, String name) {
    String wanted = pattern.toLowerCase(Locale.ROOT);
    String asked = name.toLowerCase(Locale.ROOT);
    if (!wanted.startsWith("*.")) {
      return wanted.equals(asked);
    }
    int dot = asked.indexOf('.');
    return dot > 0 && asked.substring(dot).equals(wanted.substring(1));
  }
}
