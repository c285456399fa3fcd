package dev.thresher.runtime.cli;

import dev.thresher.runtime.logging.LogFormat;
import dev.thresher.runtime.logging.Logging;
import dev.thresher.runtime.logging.Vmodule;
import java.time.Duration;
import picocli.CommandLine.Option;

/// The flags of the log. A mixin.
@FlagGroup("Logging")
public final class LoggingOptions {

  @Option(
      names = {"-v", "--v"},
      description =
          "verbosity of the log: 0 to 3 for decisions, 4 for details, 6 for everything of this"
              + " program, 8 for libraries as well; can be changed at run time with a PUT to"
              + " /debug/flags/v")
  private int verbosity;

  @Option(
      names = "--vmodule",
      description =
          "verbosity of single loggers by package or class, pattern=N with commas between, for"
              + " example leader=5,KeyedQueue=6")
  private String vmodule = "";

  @Option(names = "--logging-format", description = "\"text\" or \"json\"")
  private LogFormat format = LogFormat.TEXT;

  @Option(
      names = "--log-flush-frequency",
      description = "accepted for compatibility: every line is written at once")
  private Duration flushFrequency = Duration.ofSeconds(5);

  /// Sets the log up. To be called before anything is logged.
  public void apply() {
    if (verbosity < 0) {
      throw new UsageException("--v must be 0 or more, got " + verbosity);
    }
    if (flushFrequency.isNegative()) {
      throw new UsageException(
          "--log-flush-frequency must not be negative, got " + GoDuration.format(flushFrequency));
    }
    try {
      Logging.configure(format, verbosity, Vmodule.parse(vmodule));
    } catch (IllegalArgumentException e) {
      throw new UsageException("--vmodule: " + e.getMessage());
    }
  }
}
