package dev.thresher.e2e.soak;

import java.time.LocalDate;
import java.time.ZoneOffset;

/// Under which conditions a page of results came to be.
public final class Conditions {

  private Conditions() {}

  /// @param command as it can be typed again
  public static String of(String command) {
    return "`hack/soak "
        + command
        + "`, "
        + LocalDate.now(ZoneOffset.UTC)
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " cores, Java "
        + Runtime.version().feature()
        + ", Linux "
        + System.getProperty("os.version")
        + ".\n";
  }
}
