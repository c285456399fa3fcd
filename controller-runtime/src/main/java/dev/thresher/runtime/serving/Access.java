package dev.thresher.runtime.serving;

import java.net.InetAddress;
import java.util.List;

/// Who may ask for which path.
///
/// Open paths are for everybody; all others only for clients on the same machine (in a pod: of the
/// same pod, with `hostNetwork`: of the host). There is no authentication.
public final class Access {

  /// What Kubernetes components always allow.
  public static final List<String> HEALTH = List.of("/healthz", "/livez", "/readyz");

  private final List<String> open;

  private Access(List<String> open) {
    this.open = open;
  }

  /// @param paths exact paths; one that ends with `*` stands for all that begin so. A health path
  ///   includes its single checks.
  public static Access openPaths(List<String> paths) {
    return new Access(List.copyOf(paths));
  }

  /// Health and metrics for everybody: the port of a program whose metrics were always public.
  public static Access healthAndMetrics() {
    return openPaths(List.of("/healthz", "/livez", "/readyz", "/metrics"));
  }

  boolean allows(String path, InetAddress client) {
    return client.isLoopbackAddress() || open.stream().anyMatch(o -> matches(o, path));
  }

  private static boolean matches(String open, String path) {
    if (open.endsWith("*")) {
      return path.startsWith(open.substring(0, open.length() - 1));
    }
    return path.equals(open) || (HEALTH.contains(open) && path.startsWith(open + "/"));
  }
}
