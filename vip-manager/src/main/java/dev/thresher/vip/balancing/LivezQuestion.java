package dev.thresher.vip.balancing;

import com.google.common.net.InetAddresses;
import dev.thresher.vip.controlplane.ControlPlaneConfig.Check;
import dev.thresher.vip.controlplane.ServerCheck;
import dev.thresher.vip.controlplane.ServerHealth.Answer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// Asks an API server for `/livez` over HTTPS, under the name `kubernetes`, which every installer
/// puts into the certificates.
public final class LivezQuestion implements ApiServers.Question {
  private final Optional<String> authority;
  private final Duration timeout;
  private final Supplier<String> authorityPem;
  private final Map<InetSocketAddress, ServerCheck> checks = new ConcurrentHashMap<>();

  /// @param authority file with the certificates to trust; empty: `authorityPem`
  /// @param timeout of one question, connecting included
  public LivezQuestion(
      Optional<String> authority, Duration timeout, Supplier<String> authorityPem) {
    this.authority = authority;
    this.timeout = timeout;
    this.authorityPem = authorityPem;
  }

  @Override
  public boolean well(InetSocketAddress server) {
    return checks.computeIfAbsent(server, this::check).ask().answer() instanceof Answer.Well;
  }

  private ServerCheck check(InetSocketAddress server) {
    URI url =
        URI.create(
            "https://"
                + InetAddresses.toUriString(server.getAddress())
                + ":"
                + server.getPort()
                + "/livez");
    return new ServerCheck(
        new Check(url, "kubernetes", authority, timeout, timeout, 1), authorityPem);
  }
}
