package dev.thresher.loadbalancer.app;

import dev.thresher.runtime.cli.Unsupported;

/// Flags and variables of the programs replaced that mean something which is not there yet.
final class MissingFlags {

  private static final String NO_WEBHOOK =
      "the admission webhook is not there yet; leave it out here and keep Harvester's webhook"
          + " running";

  private MissingFlags() {}

  static Unsupported refused() {
    return Unsupported.NONE
        .flag("--https-port", NO_WEBHOOK)
        .flag("--controller-user", NO_WEBHOOK)
        .flag("--gc-user", NO_WEBHOOK)
        .variable("WEBHOOK_SERVER_HTTPS_PORT", NO_WEBHOOK)
        .variable("CONTROLLER_USER_NAME", NO_WEBHOOK)
        .variable("GARBAGE_COLLECTION_USER_NAME", NO_WEBHOOK);
  }
}
