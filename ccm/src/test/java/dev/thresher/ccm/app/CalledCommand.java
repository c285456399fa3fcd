package dev.thresher.ccm.app;

import dev.thresher.runtime.cli.CommandLineMain;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The command as a shell calls it. What it understands is kept, and nothing is started.
final class CalledCommand {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private @Nullable CcmConfig understood;

  /// @return exit status
  int run(Map<String, String> environment, String... flags) {
    return CommandLineMain.run(
        List.of(flags),
        environment,
        new CcmCommand(
            environment,
            config -> {
              understood = config;
              return 0;
            }),
        CompatibilityOptions.all(),
        new PrintWriter(out, true),
        new PrintWriter(err, true));
  }

  /// What a call without environment means, which must be in order.
  static CcmConfig config(String... flags) {
    var command = new CalledCommand();
    int status = command.run(Map.of(), flags);
    if (status != 0) {
      throw new AssertionError("exit status " + status + ": " + command.err());
    }
    return command.understood();
  }

  boolean isRefused() {
    return understood == null;
  }

  CcmConfig understood() {
    return Objects.requireNonNull(understood, err());
  }

  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }
}
