package dev.thresher.runtime.cli;

import com.google.common.base.Splitter;
import dev.thresher.runtime.tls.ServerCertificates;
import dev.thresher.runtime.tls.TlsPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/// The flags of handshakes on the HTTPS port. A mixin, beside [ServingOptions].
@FlagGroup("Secure serving")
public final class TlsOptions {

  private static final Logger log = LoggerFactory.getLogger(TlsOptions.class);

  /// `supported_groups` (RFC 8422 5.1.1, RFC 8446 4.2.7), by number and by the names that Go and
  /// the registry have.
  private static final Map<String, String> GROUPS =
      Map.ofEntries(
          Map.entry("23", "secp256r1"),
          Map.entry("24", "secp384r1"),
          Map.entry("25", "secp521r1"),
          Map.entry("29", "x25519"),
          Map.entry("CurveP256", "secp256r1"),
          Map.entry("CurveP384", "secp384r1"),
          Map.entry("CurveP521", "secp521r1"),
          Map.entry("X25519", "x25519"),
          Map.entry("secp256r1", "secp256r1"),
          Map.entry("secp384r1", "secp384r1"),
          Map.entry("secp521r1", "secp521r1"),
          Map.entry("x25519", "x25519"));

  /// Post-quantum hybrids that Go offers and this Java does not.
  private static final Set<String> NOT_YET =
      Set.of("4587", "4588", "4589", "SecP256r1MLKEM768", "X25519MLKEM768", "SecP384r1MLKEM1024");

  @Option(
      names = "--tls-cipher-suites",
      split = ",",
      description =
          "cipher suites for TLS 1.2 by their IANA names, in order of preference; those of TLS 1.3"
              + " cannot be chosen; empty for the JDK's")
  private List<String> cipherSuites = new ArrayList<>();

  @Option(
      names = "--tls-min-version",
      description = "VersionTLS12 or VersionTLS13; older versions of TLS are not spoken")
  private String minVersion = "VersionTLS12";

  @Option(
      names = "--tls-sni-cert-key",
      description =
          "a further certificate, as CERT,KEY or CERT,KEY:NAME,NAME: for clients that ask for one"
              + " of the names (*. in front stands for one label), without names for those in the"
              + " certificate; may be repeated; files are followed when they change")
  private List<String> sniCertKeys = new ArrayList<>();

  @Option(
      names = "--tls-curve-preferences",
      split = ",",
      description =
          "groups for the key exchange in order of preference, by number (23, 24, 25, 29) or name;"
              + " empty for the JDK's")
  private List<String> curves = new ArrayList<>();

  /// @throws UsageException for values that this Java runtime cannot follow
  TlsPolicy policy() {
    boolean only13 =
        switch (minVersion) {
          case "", "VersionTLS12" -> false;
          case "VersionTLS13" -> true;
          case "VersionTLS10", "VersionTLS11" ->
              throw new UsageException(
                  "--tls-min-version is "
                      + minVersion
                      + ", which is not secure and not spoken: want VersionTLS12 or VersionTLS13");
          default ->
              throw new UsageException(
                  "--tls-min-version must be VersionTLS12 or VersionTLS13, got \""
                      + minVersion
                      + "\"");
        };
    var policy = new TlsPolicy(only13, cipherSuites, groups());
    if (!cipherSuites.isEmpty()) {
      policy
          .unknownCipherSuite()
          .ifPresent(suite -> {
            throw new UsageException(
                "--tls-cipher-suites has \""
                    + suite
                    + "\", which this Java does not offer: name suites like"
                    + " TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
          });
    }
    return policy;
  }

  /// The same certificates, and those that are chosen by name.
  ServerCertificates withNamed(ServerCertificates otherwise) {
    List<ServerCertificates.Named> named = sniCertKeys.stream().map(TlsOptions::named).toList();
    return named.isEmpty() ? otherwise : new ServerCertificates.ByName(otherwise, named);
  }

  private static ServerCertificates.Named named(String value) {
    int colon = value.indexOf(':');
    List<String> files =
        Splitter.on(',').trimResults().splitToList(colon < 0 ? value : value.substring(0, colon));
    List<String> names =
        colon < 0
            ? List.of()
            : Splitter.on(',')
                .trimResults()
                .omitEmptyStrings()
                .splitToList(value.substring(colon + 1));
    if (files.size() != 2 || files.contains("") || (colon >= 0 && names.isEmpty())) {
      throw new UsageException(
          "--tls-sni-cert-key must be CERT,KEY or CERT,KEY:NAME,NAME, got \"" + value + "\"");
    }
    return new ServerCertificates.Named(
        new ServerCertificates.Files(Path.of(files.get(0)), Path.of(files.get(1))), names);
  }

  private List<String> groups() {
    var groups = new LinkedHashSet<String>();
    var left = new ArrayList<String>();
    for (String curve : curves) {
      String group = GROUPS.get(curve.strip());
      if (group != null) {
        groups.add(group);
      } else if (NOT_YET.contains(curve.strip())) {
        left.add(curve.strip());
      } else {
        throw new UsageException(
            "--tls-curve-preferences has \""
                + curve
                + "\": want X25519 (29), CurveP256 (23), CurveP384 (24) or CurveP521 (25)");
      }
    }
    if (!left.isEmpty()) {
      if (groups.isEmpty()) {
        throw new UsageException(
            "--tls-curve-preferences has only "
                + left
                + ", which this Java does not offer: add X25519");
      }
      log.atInfo()
          .addKeyValue("groups", left)
          .log("this Java does not offer these key exchanges, the others are used");
    }
    return List.copyOf(groups);
  }
}
