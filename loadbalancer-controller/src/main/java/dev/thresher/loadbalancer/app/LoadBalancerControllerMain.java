package dev.thresher.loadbalancer.app;

import dev.thresher.runtime.cli.CommandLineMain;
import dev.thresher.runtime.cli.Unsupported;
import java.util.Arrays;

/// Entry point of `loadbalancer-controller`.
public final class LoadBalancerControllerMain {

  private LoadBalancerControllerMain() {}

  public static void main(String[] args) {
    boolean report = args.length > 0 && args[0].equals(ReportCommand.NAME);
    System.exit(
        report
            ? CommandLineMain.run(
                Arrays.copyOfRange(args, 1, args.length),
                new ReportCommand(System.getenv()),
                Unsupported.NONE)
            : CommandLineMain.run(args, new ControllerCommand(System.getenv()), Unsupported.NONE));
  }
}
