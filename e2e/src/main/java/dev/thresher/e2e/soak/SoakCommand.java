package dev.thresher.e2e.soak;

import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.soak.ccm.CcmSoakCommand;
import dev.thresher.e2e.soak.vip.VipSoakCommand;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `hack/soak`. Prints a Markdown page on standard output and progress on standard error; exit
/// status 1 says that something was lost.
@Command(
    name = "hack/soak",
    mixinStandardHelpOptions = true,
    subcommands = {CcmSoakCommand.class, VipSoakCommand.class},
    description = "Looks for what is lost, changed or left over while things break.")
public final class SoakCommand {

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new SoakCommand())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionStrategy(SoakCommand::run)
            .execute(args));
  }

  private static int run(CommandLine.ParseResult asked) {
    Integer help = CommandLine.executeHelpRequest(asked);
    if (help != null) {
      return help;
    }
    Optional<String> obstacle = Lab.obstacle();
    if (obstacle.isPresent()) {
      System.err.println("hack/soak: " + obstacle.get());
      return 3;
    }
    return new CommandLine.RunLast().execute(asked);
  }
}
