package dev.thresher.runtime.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Runs a program from its command line, in the manner of Kubernetes components.
///
/// - `--flag=value` and `--flag value`; a boolean is `--flag`, `--flag=true` or `--flag=false`; the
///   last of several counts; durations as in Go; lists with commas.
/// - A flag that is not given takes the environment variable of its [Flag#env()], then its default.
/// - Anything unknown is an error that suggests what may have been meant; so are arguments that are
///   not flags.
/// - Exit status: 0 if all went well, 1 if the run failed, 2 if the call was wrong.
///
/// A command is an object with picocli's `@Command`, that is a `Callable` of its exit status. Flags
/// stand in its fields and mixins; their initial values are the defaults.
public final class CommandLineMain {

  public static final int OK = 0;
  public static final int RUN_FAILED = 1;
  public static final int WRONG_USAGE = 2;

  private CommandLineMain() {}

  /// For `main`: runs the command and returns its exit status.
  public static int run(String[] args, Callable<Integer> command) {
    return run(args, command, Unsupported.NONE);
  }

  /// @param unsupported what is refused by name
  public static int run(String[] args, Callable<Integer> command, Unsupported unsupported) {
    return run(args, command, new Compatibility(List.of(), unsupported));
  }

  /// @param compatibility what is accepted without effect, and what is refused by name
  public static int run(String[] args, Callable<Integer> command, Compatibility compatibility) {
    return run(
        List.of(args),
        System.getenv(),
        command,
        compatibility,
        new PrintWriter(System.out, true, StandardCharsets.UTF_8),
        new PrintWriter(System.err, true, StandardCharsets.UTF_8));
  }

  /// The same with everything handed in, for tests.
  public static int run(
      List<String> args,
      Map<String, String> environment,
      Callable<Integer> command,
      Unsupported unsupported,
      PrintWriter out,
      PrintWriter err) {
    return run(args, environment, command, new Compatibility(List.of(), unsupported), out, err);
  }

  /// The same with everything handed in, for tests.
  public static int run(
      List<String> args,
      Map<String, String> environment,
      Callable<Integer> command,
      Compatibility compatibility,
      PrintWriter out,
      PrintWriter err) {
    // Help and version must answer whatever the environment says.
    boolean asks = args.contains("--help") || args.contains("-h") || args.contains("--version");
    CommandLine line =
        prepare(command, args, asks ? Map.of() : environment, compatibility, out, err);
    try {
      List<String> rest = asks ? args : compatibility.refused().check(args, environment);
      return line.execute(rest.toArray(String[]::new));
    } catch (UsageException e) {
      return wrongUsage(line, String.valueOf(e.getMessage()));
    }
  }

  private static CommandLine prepare(
      Callable<Integer> command,
      List<String> args,
      Map<String, String> environment,
      Compatibility compatibility,
      PrintWriter out,
      PrintWriter err) {
    CommandLine.tracer().setLevel(CommandLine.TraceLevel.OFF);
    var line = new CommandLine(command);
    compatibility.addTo(line.getCommandSpec());
    var flags = new EnvironmentDefaults(environment, args);
    line.setOut(out)
        .setErr(err)
        .setOverwrittenOptionsAllowed(true)
        .setExpandAtFiles(false)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setDefaultValueProvider(flags)
        .registerConverter(Duration.class, GoDuration::parse)
        .registerConverter(boolean.class, CommandLineMain::parseBool)
        .registerConverter(Boolean.class, CommandLineMain::parseBool)
        .setParameterExceptionHandler((e, _) -> wrongUsage(e, flags))
        .setExecutionExceptionHandler(executionHandler());
    FlagHelp.install(line, compatibility.refused());
    return line;
  }

  private static IExecutionExceptionHandler executionHandler() {
    return (e, line, _) -> {
      if (e instanceof UsageException usage) {
        return wrongUsage(line, String.valueOf(usage.getMessage()));
      }
      line.getErr().println(line.getCommandName() + ": " + describe(e));
      return RUN_FAILED;
    };
  }

  /// For a person, an exception with a message is told by it; without one its stack is all there
  /// is.
  private static String describe(Exception e) {
    if (e.getMessage() != null && !(e instanceof NullPointerException)) {
      return e.getMessage();
    }
    var out = new StringBuilder(e.toString());
    for (StackTraceElement at : e.getStackTrace()) {
      out.append("\n  at ").append(at);
    }
    return out.toString();
  }

  private static int wrongUsage(ParameterException e, EnvironmentDefaults flags) {
    String message =
        switch (e) {
          case UnmatchedArgumentException unmatched -> describe(unmatched);
          case MissingParameterException missing -> missing.getMessage();
          case OverwrittenOptionException twice -> twice.getMessage();
          default -> e.getMessage();
        };
    return wrongUsage(e.getCommandLine(), message + flags.origin(e));
  }

  private static String describe(UnmatchedArgumentException e) {
    String argument = e.getUnmatched().getFirst();
    if (!e.isUnknownOption()) {
      return "unexpected argument \"" + argument + "\": only flags are accepted";
    }
    int equals = argument.indexOf('=');
    String name = equals < 0 ? argument : argument.substring(0, equals);
    String message = "unknown flag " + name;
    return Suggestion.closest(name, FlagHelp.names(e.getCommandLine()))
        .map(s -> message + ", did you mean " + s + "?")
        .orElse(message);
  }

  private static int wrongUsage(CommandLine line, String message) {
    String name = line.getCommandSpec().qualifiedName();
    line.getErr().println(name + ": " + message);
    line.getErr().println("See " + name + " --help");
    return WRONG_USAGE;
  }

  /// Go's `strconv.ParseBool`.
  private static boolean parseBool(String text) {
    return switch (text) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default ->
          throw new CommandLine.TypeConversionException("want true or false, got \"" + text + "\"");
    };
  }
}
