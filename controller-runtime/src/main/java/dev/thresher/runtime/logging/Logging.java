package dev.thresher.runtime.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/// The log of a program: standard error, one line per event, without any configuration file.
///
/// Verbosity is a number as in `-v` of Kubernetes components:
///
/// | verbosity | `dev.thresher` | libraries |
/// |---|---|---|
/// | 0 to 3 | info | warnings |
/// | 4, 5 | debug | warnings |
/// | 6, 7 | trace | info |
/// | 8 and above | trace | debug |
///
/// Thread-safe.
public final class Logging {

  private static final Object LOCK = new Object();
  private static int current;

  private Logging() {}

  /// Sets format and verbosity, replaces what was set before, and routes `java.util.logging` here.
  ///
  /// @param modules levels of single loggers, in the manner of `--vmodule`
  public static void configure(LogFormat format, int verbosity, Vmodule modules) {
    synchronized (LOCK) {
      LoggerContext context = context();
      setUp(context, format);
      context.resetTurboFilterList();
      if (!modules.isEmpty()) {
        var filter = new VmoduleFilter(modules);
        filter.setContext(context);
        filter.start();
        context.addTurboFilter(filter);
      }
      setVerbosity(verbosity);
      if (!SLF4JBridgeHandler.isInstalled()) {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
      }
    }
  }

  /// The verbosity set last.
  public static int verbosity() {
    synchronized (LOCK) {
      return current;
    }
  }

  /// Changes the verbosity of the running program.
  ///
  /// @throws IllegalArgumentException if it is negative
  public static void setVerbosity(int verbosity) {
    if (verbosity < 0) {
      throw new IllegalArgumentException("the verbosity is 0 or more, got " + verbosity);
    }
    synchronized (LOCK) {
      LoggerContext context = context();
      context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(ofLibraries(verbosity));
      context.getLogger("dev.thresher").setLevel(ofOurs(verbosity));
      current = verbosity;
    }
  }

  static Level ofOurs(int verbosity) {
    return verbosity < 4 ? Level.INFO : verbosity < 6 ? Level.DEBUG : Level.TRACE;
  }

  static Level ofLibraries(int verbosity) {
    return verbosity < 6 ? Level.WARN : verbosity < 8 ? Level.INFO : Level.DEBUG;
  }

  /// One appender to standard error on the root logger, in place of all others.
  static void setUp(LoggerContext context, LogFormat format) {
    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setName("stderr");
    appender.setTarget("System.err");
    appender.setEncoder(
        switch (format) {
          case TEXT -> text(context);
          // Named only here: the JSON libraries are not loaded for text.
          case JSON -> JsonLines.encoder(context);
        });
    appender.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
  }

  private static Encoder<ILoggingEvent> text(LoggerContext context) {
    var layout = new TextLayout();
    layout.setContext(context);
    layout.start();
    var encoder = new LayoutWrappingEncoder<ILoggingEvent>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    return encoder;
  }

  private static LoggerContext context() {
    return (LoggerContext) LoggerFactory.getILoggerFactory();
  }
}
