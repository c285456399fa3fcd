package dev.thresher.runtime.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/// Decides by [Vmodule] for the loggers it names, and leaves the others alone.
final class VmoduleFilter extends TurboFilter {

  private final Vmodule modules;

  /// Loggers are few and live for ever.
  private final Map<String, Optional<Level>> levels = new ConcurrentHashMap<>();

  VmoduleFilter(Vmodule modules) {
    this.modules = modules;
  }

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] params,
      @Nullable Throwable t) {
    Optional<Level> wanted =
        levels.computeIfAbsent(
            logger.getName(),
            name -> modules.verbosity(name).stream().mapToObj(Logging::ofOurs).findFirst());
    if (wanted.isEmpty()) {
      return FilterReply.NEUTRAL;
    }
    return level.isGreaterOrEqual(wanted.get()) ? FilterReply.ACCEPT : FilterReply.DENY;
  }
}
