package dev.thresher.ccm.app;

import dev.thresher.runtime.cli.AcceptedFlag;
import dev.thresher.runtime.cli.AcceptedFlag.Kind;
import dev.thresher.runtime.cli.Compatibility;
import dev.thresher.runtime.cli.Unsupported;
import java.util.List;

/// Flags of the programs replaced that change nothing here, one row each. Whoever gives one is told
/// so once, in the log.
final class CompatibilityOptions {

  private static final String ROUTES = "the provider has no routes";
  private static final String HTTP1 = "the port speaks HTTP/1.1";
  private static final String PROFILING = "jcmd and JDK Flight Recorder profile the program";
  private static final String LOG = "every line is written at once to standard error";
  private static final String WEBHOOKS = "no provider has webhooks";

  static final List<AcceptedFlag> ROWS =
      List.of(
          row("--allow-untagged-cloud", Kind.BOOL, "the provider has no cluster tags"),
          row("--allocate-node-cidrs", Kind.BOOL, ROUTES),
          row("--cidr-allocator-type", Kind.TEXT, ROUTES),
          row("--node-sync-period", Kind.DURATION, "it has no effect upstream either"),
          row(
              "--concurrent-node-status-updates",
              Kind.NUMBER,
              "--concurrent-node-syncs counts for all work on nodes"),
          row("--min-resync-period", Kind.DURATION, "caches need no resync"),
          row("--controller-start-interval", Kind.DURATION, "controllers start together"),
          row("--profiling", Kind.BOOL, PROFILING),
          row("--contention-profiling", Kind.BOOL, PROFILING),
          row("--disable-http2-serving", Kind.BOOL, HTTP1),
          row("--http2-max-streams-per-connection", Kind.NUMBER, HTTP1),
          row("--permit-address-sharing", Kind.BOOL, "the port is always opened with SO_REUSEADDR"),
          row(
              "--permit-port-sharing",
              Kind.BOOL,
              "the port is never shared; give replicas on one machine different ports"),
          row("--external-cloud-volume-plugin", Kind.TEXT, "volumes are for CSI drivers"),
          row("--log-text-split-stream", Kind.BOOL, LOG),
          row("--log-text-info-buffer-size", Kind.TEXT, LOG),
          row("--log-json-split-stream", Kind.BOOL, LOG),
          row("--log-json-info-buffer-size", Kind.TEXT, LOG),
          row("--webhook-bind-address", Kind.TEXT, WEBHOOKS),
          row("--webhook-secure-port", Kind.NUMBER, WEBHOOKS),
          row("--webhook-cert-dir", Kind.TEXT, WEBHOOKS),
          row("--webhook-tls-cert-file", Kind.TEXT, WEBHOOKS),
          row("--webhook-tls-private-key-file", Kind.TEXT, WEBHOOKS),
          row("--webhook-tls-cipher-suites", Kind.LIST, WEBHOOKS),
          row("--webhook-tls-min-version", Kind.TEXT, WEBHOOKS),
          row("--webhook-tls-sni-cert-key", Kind.TEXT, WEBHOOKS),
          row("--webhook-tls-curve-preferences", Kind.LIST, WEBHOOKS),
          row("--webhook-disable-http2-serving", Kind.BOOL, WEBHOOKS),
          row("--show-full-help-on-error", Kind.BOOL, "--help shows all flags"));

  private CompatibilityOptions() {}

  /// Those, and the one that names what a provider would have to have.
  static Compatibility all() {
    return new Compatibility(
        ROWS,
        Unsupported.NONE.flag(
            "--webhooks",
            "no provider has webhooks, so \"*\" is all that can be asked for; leave the flag out",
            "",
            "*"));
  }

  private static AcceptedFlag row(String name, Kind kind, String why) {
    return new AcceptedFlag(name, kind, why);
  }
}
