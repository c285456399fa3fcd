package dev.thresher.loadbalancer.app;

import dev.thresher.runtime.cli.CommandLineMain;
import dev.thresher.runtime.cli.Unsupported;

/// Entry point of `loadbalancer-controller`.
public final class LoadBalancerControllerMain {

  private LoadBalancerControllerMain() {}

  public static void main(String[] args) {
    System.exit(
        CommandLineMain.run(args, new ControllerCommand(System.getenv()), Unsupported.NONE));
  }
}
