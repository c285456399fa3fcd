package dev.thresher.runtime.cli;

import com.google.common.base.Splitter;
import java.lang.reflect.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/// Writes `--help` as Kubernetes components do: flags in groups, each with its type, default and
/// environment variable. Answers `--version`.
final class FlagHelp {

  private static final int WIDTH = 100;
  private static final int INDENT = 8;

  private FlagHelp() {}

  static void install(CommandLine line, Unsupported unsupported) {
    CommandSpec spec = line.getCommandSpec();
    spec.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .type(boolean.class)
            .description("show this help")
            .build());
    spec.addOption(
        OptionSpec.builder("--version")
            .versionHelp(true)
            .type(boolean.class)
            .description("show version, commit and Java")
            .build());
    spec.version(BuildInfo.load().line(root(spec)));
    line.getHelpSectionMap()
        .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> render(help.commandSpec()));
    line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_SYNOPSIS, FlagHelp::synopsis);
    line.getHelpSectionMap()
        .put(UsageMessageSpec.SECTION_KEY_FOOTER, help -> footer(help, unsupported));
    spec.usageMessage().width(WIDTH);
    line.getSubcommands().values().forEach(sub -> install(sub, unsupported));
  }

  /// All names of flags, for suggestions.
  static List<String> names(CommandLine line) {
    return line.getCommandSpec().options().stream()
        .filter(option -> !option.hidden())
        .flatMap(option -> Stream.of(option.names()))
        .toList();
  }

  private static String root(CommandSpec spec) {
    CommandSpec at = spec;
    while (at.parent() != null) {
      at = at.parent();
    }
    return at.name();
  }

  private static String synopsis(Help help) {
    String subcommand = help.subcommands().isEmpty() ? "" : " COMMAND";
    return " " + help.commandSpec().qualifiedName() + subcommand + " [flags]\n";
  }

  private static String footer(Help help, Unsupported unsupported) {
    var out = new StringBuilder(help.footer());
    if (!unsupported.names().isEmpty()) {
      out.append("\nRefused, because not supported:\n");
      wrap(out, String.join(", ", unsupported.names()));
    }
    return out.toString();
  }

  private static String render(CommandSpec spec) {
    Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
    for (OptionSpec option : spec.options()) {
      if (!option.hidden()) {
        groups.computeIfAbsent(group(option), _ -> new ArrayList<>()).add(option);
      }
    }
    // What concerns every program stands last.
    List<OptionSpec> general = groups.remove("Global");
    if (general != null) {
      groups.put("Global", general);
    }
    var out = new StringBuilder();
    groups.forEach((group, options) -> {
      out.append('\n').append(group).append(" flags:\n\n");
      options.forEach(option -> render(out, option));
    });
    return out.toString();
  }

  private static String group(OptionSpec option) {
    if (option.userObject() instanceof AcceptedFlag) {
      return Compatibility.GROUP;
    }
    if (option.userObject() instanceof Member member) {
      FlagGroup group = member.getDeclaringClass().getAnnotation(FlagGroup.class);
      if (group != null) {
        return group.value();
      }
      return "Program";
    }
    return "Global";
  }

  private static void render(StringBuilder out, OptionSpec option) {
    String shortName = option.shortestName().startsWith("--") ? "" : option.shortestName() + ", ";
    String longName = option.longestName().startsWith("--") ? option.longestName() : "";
    out.append("  ").append(shortName.isEmpty() ? "    " : shortName).append(longName);
    String type = type(option);
    out.append(type.isEmpty() ? "" : " " + type).append('\n');
    var text = new StringBuilder(String.join(" ", option.description()));
    String initial = initial(option);
    if (!initial.isEmpty()) {
      text.append(" (default ").append(initial).append(')');
    }
    EnvironmentDefaults.variable(option)
        .ifPresent(name -> text.append(" (environment variable ").append(name).append(')'));
    wrap(out, text.toString());
  }

  private static String type(OptionSpec option) {
    Class<?> type = option.type();
    if (type == boolean.class || type == Boolean.class) {
      return "";
    }
    if (type == Duration.class) {
      return "duration";
    }
    if (option.isMultiValue()) {
      return "strings";
    }
    if (type == double.class || type == float.class) {
      return "float";
    }
    return type.isPrimitive() || type == Integer.class || type == Long.class ? "int" : "string";
  }

  private static String initial(OptionSpec option) {
    Object value = option.initialValue();
    return switch (value) {
      case null -> Objects.requireNonNullElse(option.defaultValue(), "");
      case Duration duration -> GoDuration.format(duration);
      case Boolean flag -> flag ? "true" : "";
      case List<?> list -> list.isEmpty() ? "" : list.toString().replace(" ", "");
      case String text -> text.isEmpty() ? "" : "\"" + text + "\"";
      case Enum<?> constant -> "\"" + constant.toString().toLowerCase(Locale.ROOT) + "\"";
      case Double number when number == Math.rint(number) -> String.valueOf(number.longValue());
      default -> value.toString();
    };
  }

  private static void wrap(StringBuilder out, String text) {
    int column = 0;
    for (String word : Splitter.on(' ').omitEmptyStrings().split(text)) {
      if (column > 0 && column + 1 + word.length() > WIDTH - INDENT) {
        out.append('\n');
        column = 0;
      }
      if (column == 0) {
        out.append(" ".repeat(INDENT));
      } else {
        out.append(' ');
        column++;
      }
      out.append(word);
      column += word.length();
    }
    out.append('\n');
  }
}
