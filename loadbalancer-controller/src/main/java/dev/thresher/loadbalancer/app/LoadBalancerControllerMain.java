package dev.thresher.loadbalancer.app;

import dev.thresher.runtime.cli.CommandLineMain;

/// Entry point of `loadbalancer-controller`.
public final class LoadBalancerControllerMain {

  private LoadBalancerControllerMain() {}

  public static void main(String[] args) {
    System.exit(
        CommandLineMain.run(args, new ControllerCommand(System.getenv()), MissingFlags.refused()));
  }
}
