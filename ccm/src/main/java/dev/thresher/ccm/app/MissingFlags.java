package dev.thresher.ccm.app;

import dev.thresher.runtime.cli.Unsupported;

/// Flags of the programs replaced that mean something which is not there yet.
final class MissingFlags {

  private MissingFlags() {}

  static Unsupported refused() {
    return Unsupported.NONE
        .flag(
            "--use-service-account-credentials",
            "all controllers use the credentials of --kubeconfig; leave the flag out",
            "false")
        .flag(
            "--enable-leader-migration",
            "stop the old controller manager before this one starts; leave the flag out",
            "false")
        .flag("--leader-migration-config", "there is no leader migration; leave the flag out", "")
        .flag("--external-cloud-volume-plugin", "volumes are for CSI; leave the flag out", "")
        .flag("--webhooks", "there are no webhooks; leave the flag out", "")
        .flag("--webhook-tls-cert-file", "there are no webhooks; leave the flag out", "")
        .flag("--webhook-tls-private-key-file", "there are no webhooks; leave the flag out", "")
        .flag("--tls-cipher-suites", "the ciphers of the JDK are used; leave the flag out", "")
        .flag("--tls-min-version", "TLS 1.2 is the least; leave the flag out", "", "VersionTLS12")
        .flag("--tls-sni-cert-key", "one certificate is served; leave the flag out", "")
        .flag("--tls-curve-preferences", "the curves of the JDK are used; leave the flag out", "")
        .flag("--permit-port-sharing", "the port is not shared; leave the flag out", "false")
        .flag("--permit-address-sharing", "the address is not shared; leave the flag out", "false")
        .flag("--reclaim-orphans", "orphans are not looked for; leave the flag out", "false");
  }
}
