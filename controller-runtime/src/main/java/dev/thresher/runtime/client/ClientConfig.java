package dev.thresher.runtime.client;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// How a program talks to one API server.
///
/// @param name what the server is to the program, for logs and metrics: `host`, `guest`
/// @param source where address and credentials come from
/// @param qps calls per second in the long run; more wait their turn
/// @param burst calls that need not wait after a pause
/// @param callTimeout how long a call may take, waiting for its turn included
/// @param urgentTimeout the same for urgent calls: short, so that a lease renewal on a dead
///   connection leaves time for another try on a new one
/// @param reloadInterval how often the credentials are looked at
/// @param userAgent what the server's audit log shows
/// @param hostNames where the server's host is
public record ClientConfig(
    String name,
    ConnectionSource source,
    double qps,
    int burst,
    Duration callTimeout,
    Duration urgentTimeout,
    Duration reloadInterval,
    String userAgent,
    HostNames hostNames) {

  public ClientConfig {
    if (!(qps > 0) || burst < 1) {
      throw new ClientConfigException(
          "QPS must be more than 0 and burst at least 1, got " + qps + " and " + burst);
    }
  }

  /// With the defaults: 50 calls per second, burst 100, timeouts 10 s and 4 s, a look at the
  /// credentials every 3 s.
  public static ClientConfig of(String name, ConnectionSource source) {
    return new ClientConfig(
        name,
        source,
        50,
        100,
        Duration.ofSeconds(10),
        Duration.ofSeconds(4),
        Duration.ofSeconds(3),
        "thresher",
        HostNames.SYSTEM);
  }

  /// The kubeconfig that is given, else the one that `KUBECONFIG` names, else the pod's own
  /// ServiceAccount.
  ///
  /// @param kubeconfig value of the flag, empty if it was not given
  /// @param environment of the process
  public static ClientConfig find(String name, String kubeconfig, Map<String, String> environment) {
    String file = kubeconfig.isEmpty() ? environment.getOrDefault("KUBECONFIG", "") : kubeconfig;
    if (file.isEmpty()) {
      return of(name, ConnectionSource.InCluster.fromEnvironment(environment));
    }
    if (kubeconfig.isEmpty() && file.contains(File.pathSeparator)) {
      throw new ClientConfigException(
          "KUBECONFIG names several files (\"" + file + "\"); merging is not supported, name one");
    }
    return of(name, new ConnectionSource.KubeconfigFile(Path.of(file), ""));
  }

  /// The same credentials for the server at this URL.
  public ClientConfig withServer(String url) {
    return new ClientConfig(
        name,
        new ConnectionSource.AtServer(source, url),
        qps,
        burst,
        callTimeout,
        urgentTimeout,
        reloadInterval,
        userAgent,
        hostNames);
  }

  /// The same server, asked as the owner of a token.
  ///
  /// @param otherName what that is to the program, for logs and metrics
  public ClientConfig withToken(String otherName, TokenSource tokens) {
    return new ClientConfig(
        otherName,
        new ConnectionSource.WithToken(source, tokens),
        qps,
        burst,
        callTimeout,
        urgentTimeout,
        reloadInterval,
        userAgent,
        hostNames);
  }

  public ClientConfig withRate(double callsPerSecond, int atOnce) {
    return new ClientConfig(
        name,
        source,
        callsPerSecond,
        atOnce,
        callTimeout,
        urgentTimeout,
        reloadInterval,
        userAgent,
        hostNames);
  }

  public ClientConfig withTimeouts(Duration call, Duration urgent) {
    return new ClientConfig(
        name, source, qps, burst, call, urgent, reloadInterval, userAgent, hostNames);
  }

  public ClientConfig withReloadInterval(Duration interval) {
    return new ClientConfig(
        name, source, qps, burst, callTimeout, urgentTimeout, interval, userAgent, hostNames);
  }

  public ClientConfig withUserAgent(String agent) {
    return new ClientConfig(
        name, source, qps, burst, callTimeout, urgentTimeout, reloadInterval, agent, hostNames);
  }

  /// The same server, looked for in this way.
  public ClientConfig withHostNames(HostNames names) {
    return new ClientConfig(
        name, source, qps, burst, callTimeout, urgentTimeout, reloadInterval, userAgent, names);
  }
}
