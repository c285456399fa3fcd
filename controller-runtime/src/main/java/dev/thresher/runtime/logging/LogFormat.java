package dev.thresher.runtime.logging;

import java.util.Locale;

/// How a log line is written: the values of `--logging-format`.
public enum LogFormat {
  /// `time level logger message key=value …`.
  TEXT,
  /// One JSON object per line with `ts`, `level`, `logger`, `msg`, the keys, `stack`.
  JSON;

  /// @throws IllegalArgumentException for any other word than `text` and `json`
  public static LogFormat parse(String word) {
    for (LogFormat format : values()) {
      if (format.toString().equals(word)) {
        return format;
      }
    }
    throw new IllegalArgumentException(
        "the logging format is \"text\" or \"json\", got \"" + word + "\"");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
