package dev.thresher.runtime.cli;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/// What becomes of flags of the program replaced that do nothing here: some are accepted and said
/// to change nothing, others are refused by name.
public record Compatibility(List<AcceptedFlag> accepted, Unsupported refused) {

  public static final Compatibility NONE = new Compatibility(List.of(), Unsupported.NONE);

  /// Heading in the help.
  static final String GROUP = "Accepted for compatibility";

  private static final Logger log = LoggerFactory.getLogger(Compatibility.class);

  public Compatibility {
    accepted = List.copyOf(accepted);
  }

  /// Tells once about each accepted flag that was given.
  public static void report(ParseResult parsed) {
    given(parsed)
        .forEach((flag, why) ->
            log.atInfo()
                .addKeyValue("flag", flag)
                .addKeyValue("why", why)
                .log("flag accepted for compatibility, it changes nothing"));
  }

  /// The accepted flags that were given, with the reason why each changes nothing.
  static Map<String, String> given(ParseResult parsed) {
    Map<String, String> given = new LinkedHashMap<>();
    for (OptionSpec option : parsed.matchedOptions()) {
      if (option.userObject() instanceof AcceptedFlag flag) {
        given.put(flag.name(), flag.why());
      }
    }
    return given;
  }

  void addTo(CommandSpec command) {
    accepted.forEach(flag -> command.addOption(option(flag)));
  }

  private static OptionSpec option(AcceptedFlag flag) {
    OptionSpec.Builder option =
        OptionSpec.builder(flag.name()).description(flag.why()).userObject(flag);
    return switch (flag.kind()) {
      case BOOL -> option.type(boolean.class).arity("0..1").fallbackValue("true").build();
      case TEXT -> option.type(String.class).arity("1").build();
      case NUMBER -> option.type(long.class).arity("1").build();
      case DURATION -> option.type(Duration.class).arity("1").build();
      case LIST ->
          option.type(List.class).auxiliaryTypes(String.class).arity("1").splitRegex(",").build();
    };
  }
}
