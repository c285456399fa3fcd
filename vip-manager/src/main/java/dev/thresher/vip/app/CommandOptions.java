package dev.thresher.vip.app;

import java.util.List;
import java.util.Optional;

/// Options of a command that are no settings.
final class CommandOptions {

  private CommandOptions() {}

  /// Takes the first `NAME=VALUE` or `NAME VALUE` out of the arguments.
  ///
  /// @param name with its dashes
  /// @return the value; empty if the option is not there or has none
  static Optional<String> take(List<String> arguments, String name) {
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.startsWith(name + "=")) {
        arguments.remove(i);
        return Optional.of(argument.substring(name.length() + 1));
      }
      if (argument.equals(name) && i + 1 < arguments.size()) {
        arguments.remove(i);
        return Optional.of(arguments.remove(i));
      }
    }
    return Optional.empty();
  }
}
