package dev.thresher.vip.app;

import dev.thresher.vip.app.Setting.Source;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The value of every setting: the environment goes before the flags, as with kube-vip, and both
/// before the fallback.
final class SettingValues {

  private static final List<String> PREFIXES =
      List.of(
          "vip_",
          "cp_",
          "svc_",
          "lb_",
          "bgp_",
          "mpbgp_",
          "zebra_",
          "egress_",
          "dhcp_",
          "control_plane_health_check_");

  /// A call that cannot be understood, or asks for what is not there.
  static final class WrongUsageException extends RuntimeException {
    WrongUsageException(String message) {
      super(message);
    }
  }

  private final Map<Setting, String> values;
  private final Set<Setting> told;
  private final List<String> warnings;

  private SettingValues(Map<Setting, String> values, Set<Setting> told, List<String> warnings) {
    this.values = values;
    this.told = told;
    this.warnings = warnings;
  }

  /// @param arguments behind the command's name
  /// @throws WrongUsageException for an unknown flag, a value of the wrong kind, or a setting that
  ///   is refused
  static SettingValues read(List<String> arguments, Map<String, String> environment) {
    Map<Setting, String> flags = flags(arguments);
    String file =
        fromEnvironment(Settings.CONFIG_FILE, environment)
            .orElse(flags.getOrDefault(Settings.CONFIG_FILE, ""));
    Map<Setting, String> inFile = file.isEmpty() ? Map.of() : ConfigFile.read(Path.of(file));
    Map<Setting, String> values = new HashMap<>();
    Set<Setting> told = new HashSet<>();
    List<String> warnings = new ArrayList<>(unknownVariables(environment));
    for (Setting setting : Settings.ALL) {
      Source source = Source.ENVIRONMENT;
      String given = fromEnvironment(setting, environment).orElse("");
      boolean there = fromEnvironment(setting, environment).isPresent();
      if (there || flags.containsKey(setting) || inFile.containsKey(setting)) {
        told.add(setting);
      }
      if (!there && flags.containsKey(setting)) {
        source = Source.FLAG;
        given = flags.getOrDefault(setting, "");
      } else if (!there) {
        source = Source.FILE;
        given = inFile.getOrDefault(setting, setting.fallback());
      }
      String value = checked(setting, given, setting.origin(source));
      values.put(setting, value);
      if (setting.effect() instanceof Setting.Effect.Accepted(var why)
          && !value.equals(setting.fallback())) {
        warnings.add(setting.origin(source) + " has no effect: " + why);
      }
    }
    return new SettingValues(values, told, List.copyOf(warnings));
  }

  /// Whether somebody gave it a value, be it that of its fallback.
  boolean isTold(Setting setting) {
    return told.contains(setting);
  }

  /// What was given and does nothing in any mode, each with the reason; without values, which may
  /// be secrets. [WithoutEffect] adds what does nothing in the mode that these settings choose.
  List<String> warnings() {
    return warnings;
  }

  private static Optional<String> fromEnvironment(
      Setting setting, Map<String, String> environment) {
    String value = setting.variable().isEmpty() ? null : environment.get(setting.variable());
    // kube-vip takes an empty class name from the environment as one; all else counts as unset.
    return Optional.ofNullable(value)
        .filter(text -> !text.isEmpty() || setting.equals(Settings.CLASS_NAME));
  }

  /// Variables that begin like kube-vip's and are none: a slip that would go unnoticed.
  private static List<String> unknownVariables(Map<String, String> environment) {
    Set<String> known =
        Settings.ALL.stream()
            .map(Setting::variable)
            .filter(name -> !name.isEmpty())
            .collect(Collectors.toSet());
    return environment.keySet().stream()
        .filter(name -> PREFIXES.stream().anyMatch(name::startsWith) && !known.contains(name))
        .sorted()
        .map(name ->
            "the environment variable "
                + name
                + " is not known"
                + near(name, known).map(near -> ", did you mean " + near + "?").orElse(""))
        .toList();
  }

  /// These, with those of `newer` that are followed while the program runs.
  SettingValues following(SettingValues newer) {
    Map<Setting, String> merged = new HashMap<>(values);
    Settings.ALL.stream()
        .filter(Setting::isFollowed)
        .forEach(setting -> merged.put(setting, newer.text(setting)));
    return new SettingValues(merged, newer.told, newer.warnings);
  }

  /// Acting settings whose values differ.
  List<Setting> differing(SettingValues other) {
    return Settings.ALL.stream()
        .filter(setting -> setting.effect() instanceof Setting.Effect.Acts)
        .filter(setting -> !text(setting).equals(other.text(setting)))
        .toList();
  }

  String text(Setting setting) {
    return values.getOrDefault(setting, setting.fallback());
  }

  boolean bool(Setting setting) {
    return text(setting).equals("true");
  }

  long number(Setting setting) {
    return Long.parseLong(text(setting));
  }

  private static String checked(Setting setting, String given, String origin) {
    String value =
        switch (setting.kind()) {
          case TEXT -> given;
          case BOOL ->
              String.valueOf(
                  parseBool(given)
                      .orElseThrow(() ->
                          new WrongUsageException(
                              origin + " must be true or false, found \"" + given + "\"")));
          case NUMBER -> {
            try {
              yield String.valueOf(Long.parseLong(given.strip()));
            } catch (NumberFormatException e) {
              throw new WrongUsageException(
                  origin + " must be a whole number, found \"" + given + "\"");
            }
          }
        };
    if (setting.effect() instanceof Setting.Effect.Refused(var instead)
        && !value.equals(setting.fallback())) {
      throw new WrongUsageException(origin + " (\"" + given + "\") is not supported: " + instead);
    }
    return value;
  }

  private static Map<Setting, String> flags(List<String> arguments) {
    Map<String, Setting> byFlag = new HashMap<>();
    for (Setting setting : Settings.ALL) {
      if (!setting.flag().isEmpty()) {
        byFlag.put(setting.flag(), setting);
      }
    }
    Map<Setting, String> flags = new HashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      String name =
          switch (argument) {
            case "-n" -> Settings.LEASE_NAMESPACE.flag();
            case "-c" -> "configMap";
            default -> bare(argument);
          };
      int equals = name.indexOf('=');
      String flag = equals < 0 ? name : name.substring(0, equals);
      Setting setting = byFlag.get(flag);
      if (setting == null) {
        throw new WrongUsageException(unknown(argument, flag, byFlag));
      }
      if (equals >= 0) {
        flags.put(setting, name.substring(equals + 1));
      } else if (setting.kind() == Setting.Kind.BOOL) {
        flags.put(setting, "true");
      } else if (i + 1 < arguments.size()) {
        flags.put(setting, arguments.get(++i));
      } else {
        throw new WrongUsageException("the flag --" + flag + " needs a value");
      }
    }
    return flags;
  }

  private static String bare(String argument) {
    if (!argument.startsWith("-") || argument.equals("-") || argument.equals("--")) {
      throw new WrongUsageException(
          "unexpected argument \"" + argument + "\": only flags may follow the command");
    }
    return argument.startsWith("--") ? argument.substring(2) : argument.substring(1);
  }

  private static String unknown(String argument, String flag, Map<String, Setting> byFlag) {
    return "unknown flag "
        + argument
        + near(flag, byFlag.keySet()).map(name -> ", did you mean --" + name + "?").orElse("");
  }

  /// The name that was probably meant.
  static Optional<String> near(String text, Set<String> names) {
    return names.stream()
        .filter(name -> distance(name, text) <= Math.max(1, text.length() / 4))
        .min(
            Comparator.comparingInt((String name) -> distance(name, text))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static Optional<Boolean> parseBool(String text) {
    return switch (text) {
      case "1", "t", "T", "true", "TRUE", "True" -> Optional.of(true);
      case "0", "f", "F", "false", "FALSE", "False" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  /// Number of letters to add, remove or change.
  private static int distance(String a, String b) {
    List<Integer> row = new ArrayList<>();
    for (int j = 0; j <= b.length(); j++) {
      row.add(j);
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row.getFirst();
      row.set(0, i);
      for (int j = 1; j <= b.length(); j++) {
        int change =
            Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1))
                ? 0
                : 1;
        int best = Math.min(diagonal + change, Math.min(row.get(j), row.get(j - 1)) + 1);
        diagonal = row.get(j);
        row.set(j, best);
      }
    }
    return row.getLast();
  }
}
