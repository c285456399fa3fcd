package dev.thresher.loadbalancer.app;

import dev.thresher.runtime.cli.CommandLineMain;
import dev.thresher.runtime.cli.Unsupported;
import java.util.Arrays;
import java.util.concurrent.Callable;

/// Entry point of `loadbalancer-controller`, of its report and of its probe agent: the same
/// program, called with `report` or `probe-agent` before all flags.
public final class LoadBalancerControllerMain {

  private LoadBalancerControllerMain() {}

  public static void main(String[] args) {
    String command = args.length == 0 ? "" : args[0];
    System.exit(
        switch (command) {
          case ReportCommand.NAME -> run(args, new ReportCommand(System.getenv()));
          case ProbeAgentCommand.NAME -> run(args, new ProbeAgentCommand(System.getenv()));
          default ->
              CommandLineMain.run(args, new ControllerCommand(System.getenv()), Unsupported.NONE);
        });
  }

  private static int run(String[] args, Callable<Integer> command) {
    return CommandLineMain.run(Arrays.copyOfRange(args, 1, args.length), command, Unsupported.NONE);
  }
}
