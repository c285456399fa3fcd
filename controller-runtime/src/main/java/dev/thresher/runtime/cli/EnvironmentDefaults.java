package dev.thresher.runtime.cli;

import java.lang.reflect.AnnotatedElement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/// Takes the defaults of flags from the environment variables that [Flag#env()] names.
final class EnvironmentDefaults implements IDefaultValueProvider {

  private final Map<String, String> environment;
  private final List<String> arguments;

  /// @param arguments the whole command line
  EnvironmentDefaults(Map<String, String> environment, List<String> arguments) {
    this.environment = environment;
    this.arguments = List.copyOf(arguments);
  }

  @Override
  public @Nullable String defaultValue(ArgSpec flag) {
    return variable(flag)
        .map(name -> environment.getOrDefault(name, ""))
        .filter(value -> !value.isEmpty())
        .orElse(null);
  }

  /// Where a wrong value came from, if not from the command line: the person looks for it there.
  String origin(ParameterException e) {
    ArgSpec flag = e.getArgSpec();
    if (flag == null) {
      return "";
    }
    boolean given =
        flag instanceof OptionSpec option
            && arguments.stream()
                .anyMatch(argument ->
                    Stream.of(option.names())
                        .anyMatch(n -> argument.equals(n) || argument.startsWith(n + "=")));
    return given || defaultValue(flag) == null
        ? ""
        : variable(flag).map(name -> " (environment variable " + name + ")").orElse("");
  }

  static Optional<String> variable(ArgSpec flag) {
    return annotation(flag).map(Flag::env).filter(name -> !name.isEmpty());
  }

  static boolean isSecret(ArgSpec flag) {
    return annotation(flag).map(Flag::secret).orElse(false);
  }

  private static Optional<Flag> annotation(ArgSpec flag) {
    return flag.userObject() instanceof AnnotatedElement element
        ? Optional.ofNullable(element.getAnnotation(Flag.class))
        : Optional.empty();
  }
}
