package dev.thresher.runtime.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// What was built from which commit. `unknown` where the build did not say.
public record BuildInfo(String version, String commit) {

  private static final String RESOURCE = "/META-INF/thresher/build.properties";
  private static final String UNKNOWN = "unknown";

  public static BuildInfo load() {
    var properties = new Properties();
    try (InputStream in = BuildInfo.class.getResourceAsStream(RESOURCE)) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + RESOURCE, e);
    }
    return new BuildInfo(
        properties.getProperty("version", UNKNOWN), properties.getProperty("commit", UNKNOWN));
  }

  /// One line: `ccm 0.1.0 (commit 0123456789ab, Java 25.0.3)`.
  public String line(String program) {
    return program
        + " "
        + version
        + " (commit "
        + commit
        + ", Java "
        + System.getProperty("java.version", UNKNOWN)
        + ")";
  }

  /// `thresher-ccm/0.1.0 (0123456789ab)`, for the API server's audit log.
  public String userAgent(String program) {
    return "thresher-" + program + "/" + version + " (" + commit + ")";
  }
}
