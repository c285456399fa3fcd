package dev.thresher.e2e.soak;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/// The Markdown page of a run on standard output, and its progress on standard error.
public final class Page {

  private static final int FAULTS_TOLD = 50;

  private Page() {}

  /// Under which conditions the results came to be.
  ///
  /// @param command as it can be typed again
  public static String head(String command) {
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

  /// Prints what was wrong.
  ///
  /// @return the exit status
  public static int end(List<String> faults) {
    if (!faults.isEmpty()) {
      System.out.println("\nFaults, at most " + FAULTS_TOLD + " of them:\n");
      faults.stream().limit(FAULTS_TOLD).forEach(fault -> System.out.println("- " + fault));
    }
    return faults.isEmpty() ? 0 : 1;
  }

  /// A step that is taken.
  public static void progress(String line) {
    System.err.println(line);
  }
}
