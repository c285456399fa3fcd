package dev.thresher.ccm.app;

import dev.thresher.runtime.cli.CommandLineMain;

/// Entry point of `ccm`.
public final class CcmMain {

  private CcmMain() {}

  public static void main(String[] args) {
    System.exit(
        CommandLineMain.run(args, new CcmCommand(System.getenv()), CompatibilityOptions.all()));
  }
}
