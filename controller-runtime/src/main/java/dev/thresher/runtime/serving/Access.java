package dev.thresher.runtime.serving;

import java.util.List;
import java.util.Optional;

/// Who may ask for which path: open paths are for everybody, all others for whom a [Gatekeeper]
/// lets in.
public final class Access {

  /// What Kubernetes components always allow.
  public static final List<String> HEALTH = List.of("/healthz", "/livez", "/readyz");

  private final List<String> open;
  private final Gatekeeper others;

  private Access(List<String> open, Gatekeeper others) {
    this.open = open;
    this.others = others;
  }

  /// All other paths are for clients on the same machine.
  ///
  /// @param paths exact paths; one that ends with `*` stands for all that begin so. A health path
  ///   includes its single checks.
  public static Access openPaths(List<String> paths) {
    return new Access(List.copyOf(paths), Gatekeeper.SAME_MACHINE);
  }

  /// Health and metrics for everybody: the port of a program whose metrics were always public.
  public static Access healthAndMetrics() {
    return openPaths(List.of("/healthz", "/livez", "/readyz", "/metrics"));
  }

  /// The same open paths, and another word on all others.
  public Access others(Gatekeeper gatekeeper) {
    return new Access(open, gatekeeper);
  }

  /// @return empty if the client may ask, else what it is told
  Optional<Reply> refuse(Visit visit) {
    return open.stream().anyMatch(o -> matches(o, visit.path()))
        ? Optional.empty()
        : others.refuse(visit);
  }

  boolean asksForCertificates() {
    return others.asksForCertificates();
  }

  private static boolean matches(String open, String path) {
    if (open.endsWith("*")) {
      return path.startsWith(open.substring(0, open.length() - 1));
    }
    return path.equals(open) || (HEALTH.contains(open) && path.startsWith(open + "/"));
  }
}
