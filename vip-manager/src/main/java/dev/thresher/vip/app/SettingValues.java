package dev.thresher.vip.app;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The value of every setting: the environment goes before the flags, as with kube-vip, and both
/// before the fallback.
final class SettingValues {

  /// A call that cannot be understood, or asks for what is not there.
  static final class WrongUsageException extends RuntimeException {
    WrongUsageException(String message) {
      super(message);
    }
  }

  private final Map<Setting, String> values;

  private SettingValues(Map<Setting, String> values) {
    this.values = values;
  }

  /// @param arguments behind the command's name
  /// @throws WrongUsageException for an unknown flag, a value of the wrong kind, or a setting that
  ///   is refused
  static SettingValues read(List<String> arguments, Map<String, String> environment) {
    Map<Setting, String> flags = flags(arguments);
    Map<Setting, String> values = new HashMap<>();
    for (Setting setting : Settings.ALL) {
      String variable = setting.variable().isEmpty() ? null : environment.get(setting.variable());
      // kube-vip takes an empty class name from the environment as one; all else counts as unset.
      boolean fromEnvironment =
          variable != null && (!variable.isEmpty() || setting.equals(Settings.CLASS_NAME));
      String given = fromEnvironment ? variable : flags.get(setting);
      if (given == null) {
        values.put(setting, setting.fallback());
        continue;
      }
      values.put(setting, checked(setting, given, setting.origin(fromEnvironment)));
    }
    return new SettingValues(values);
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
      String name = argument.equals("-n") ? Settings.LEASE_NAMESPACE.flag() : bare(argument);
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
    Optional<String> near =
        byFlag.keySet().stream()
            .filter(name -> distance(name, flag) <= Math.max(1, flag.length() / 4))
            .min((a, b) -> Integer.compare(distance(a, flag), distance(b, flag)));
    return "unknown flag "
        + argument
        + near.map(name -> ", did you mean --" + name + "?").orElse("");
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
