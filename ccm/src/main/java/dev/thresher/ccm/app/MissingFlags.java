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
        .flag("--webhooks", "there are no webhooks; leave the flag out", "")
        .flag("--webhook-tls-cert-file", "there are no webhooks; leave the flag out", "")
        .flag("--webhook-tls-private-key-file", "there are no webhooks; leave the flag out", "");
  }
}
