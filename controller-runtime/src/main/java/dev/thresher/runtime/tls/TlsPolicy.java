package dev.thresher.runtime.tls;

import dev.thresher.runtime.client.CipherPreference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/// What a server agrees to in a handshake.
///
/// @param only13 refuse TLS 1.2 (RFC 5246); older versions are always refused
/// @param cipherSuites for TLS 1.2, by their IANA names, empty for the JDK's choice; those of TLS
///   1.3 cannot be chosen
/// @param groups for the key exchange, by their IANA names and in order of preference, empty for
///   the JDK's choice; with TLS 1.2 the curve of an EC certificate has to be among them
public record TlsPolicy(boolean only13, List<String> cipherSuites, List<String> groups) {

  public static final TlsPolicy DEFAULT = new TlsPolicy(false, List.of(), List.of());

  public TlsPolicy {
    cipherSuites = List.copyOf(cipherSuites);
    groups = List.copyOf(groups);
  }

  /// The first cipher suite that this Java runtime does not have.
  public Optional<String> unknownCipherSuite() {
    List<String> known = List.of(ServerTls.plain().getSupportedSSLParameters().getCipherSuites());
    return cipherSuites.stream().filter(suite -> !known.contains(suite)).findFirst();
  }

  /// @param askForCertificate let clients show one; none is required
  public SSLParameters parameters(SSLContext context, boolean askForCertificate) {
    SSLParameters wanted = context.getDefaultSSLParameters();
    wanted.setProtocols(only13 ? new String[] {"TLSv1.3"} : new String[] {"TLSv1.3", "TLSv1.2"});
    wanted.setCipherSuites(suites(List.of(wanted.getCipherSuites())).toArray(String[]::new));
    wanted.setUseCipherSuitesOrder(true);
    if (!groups.isEmpty()) {
      wanted.setNamedGroups(groups.toArray(String[]::new));
    }
    wanted.setWantClientAuth(askForCertificate);
    return wanted;
  }

  private List<String> suites(List<String> all) {
    if (cipherSuites.isEmpty()) {
      return CipherPreference.order(all);
    }
    var suites =
        new ArrayList<String>(
            CipherPreference.order(all.stream().filter(TlsPolicy::isOf13).toList()));
    cipherSuites.stream().filter(suite -> !suites.contains(suite)).forEach(suites::add);
    return suites;
  }

  /// RFC 8446 B.4: without a key exchange in their names.
  private static boolean isOf13(String suite) {
    return suite.startsWith("TLS_") && !suite.contains("_WITH_");
  }
}
