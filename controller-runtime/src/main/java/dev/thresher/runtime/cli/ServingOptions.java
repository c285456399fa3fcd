package dev.thresher.runtime.cli;

import dev.thresher.runtime.serving.Access;
import dev.thresher.runtime.serving.Endpoint;
import dev.thresher.runtime.tls.ServerCertificates;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The flags of the HTTPS port for health, metrics and configuration. A mixin; the program gives
/// its port as default.
@FlagGroup("Secure serving")
public final class ServingOptions {

  @Option(names = "--bind-address", description = "address to listen on, IPv4 or IPv6")
  private String bindAddress = "0.0.0.0";

  @Option(names = "--secure-port", description = "port for HTTPS, 0 for none")
  private int securePort;

  @Option(
      names = "--cert-dir",
      description =
          "directory with tls.crt and tls.key, used when"
              + " no certificate file is given; if empty a self-signed certificate is made in"
              + " memory")
  private String certDir = "";

  @Option(
      names = "--tls-cert-file",
      description = "PEM file with the certificate and its chain; followed when it changes")
  private String certFile = "";

  @Option(
      names = "--tls-private-key-file",
      description = "PEM file with the key of --tls-cert-file")
  private String keyFile = "";

  @Option(
      names = "--authorization-always-allow-paths",
      split = ",",
      description =
          "paths that every client may ask for without showing who it is, with * at the end for all"
              + " below")
  private List<String> openPaths = new ArrayList<>(List.of("/healthz", "/readyz", "/livez"));

  @Mixin private final TlsOptions tls = new TlsOptions();

  /// @param securePort default of the port
  public ServingOptions(int securePort) {
    this.securePort = securePort;
  }

  /// Where to serve, empty if the port is 0.
  ///
  /// @throws UsageException if the values do not fit together
  public Optional<Endpoint> endpoint() {
    if (securePort < 0 || securePort > 65535) {
      throw new UsageException("--secure-port must be from 0 to 65535, got " + securePort);
    }
    if (certFile.isEmpty() != keyFile.isEmpty()) {
      throw new UsageException("--tls-cert-file and --tls-private-key-file must be given together");
    }
    if (securePort == 0) {
      return Optional.empty();
    }
    return Optional.of(
        Endpoint.https(
            bindAddress,
            securePort,
            "--bind-address, --secure-port",
            tls.withNamed(certificates()),
            tls.policy()));
  }

  public Access access() {
    return Access.openPaths(openPaths);
  }

  private ServerCertificates certificates() {
    if (!certFile.isEmpty()) {
      return new ServerCertificates.Files(Path.of(certFile), Path.of(keyFile));
    }
    if (!certDir.isEmpty()) {
      Path directory = Path.of(certDir);
      return new ServerCertificates.Files(
          directory.resolve("tls.crt"), directory.resolve("tls.key"));
    }
    return new ServerCertificates.SelfSigned(List.of("localhost"));
  }
}
