package dev.thresher.e2e.lab;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Short commands, run to their end.
final class Commands {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private Commands() {}

  /// @return what the command printed, both streams
  static String run(List<String> command) {
    return run(command, "");
  }

  /// @param input what the command reads
  /// @return what the command printed, both streams
  /// @throws LabException if it fails or does not end in time
  static String run(List<String> command, String input) {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new LabException("cannot run " + command.getFirst() + ": " + e.getMessage(), e);
    }
    var output = new CompletableFuture<String>();
    Thread.ofPlatform().daemon().start(() -> output.complete(read(process.getInputStream())));
    try (var stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It ended without reading all of it; its status and output say why.
    }
    try {
      if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new LabException(shown(command) + " did not end within " + PATIENCE);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while running " + shown(command), e);
    }
    if (process.exitValue() != 0) {
      throw new LabException(
          shown(command)
              + " failed with status "
              + process.exitValue()
              + ": "
              + output.join().strip()
              + (input.isEmpty() ? "" : "\ninput:\n" + input));
    }
    return output.join();
  }

  private static String shown(List<String> command) {
    return "\"" + String.join(" ", command) + "\"";
  }

  private static String read(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(its output cannot be read: " + e.getMessage() + ")";
    }
  }
}
