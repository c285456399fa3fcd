package dev.thresher.ccm.app;

import dev.thresher.runtime.cli.Unsupported;

/// Flags of the programs replaced that mean something which is not there yet.
final class MissingFlags {

  private MissingFlags() {}

  static Unsupported refused() {
    return Unsupported.NONE
        .flag("--webhooks", "there are no webhooks; leave the flag out", "")
        .flag("--webhook-tls-cert-file", "there are no webhooks; leave the flag out", "")
        .flag("--webhook-tls-private-key-file", "there are no webhooks; leave the flag out", "");
  }
}
