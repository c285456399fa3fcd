package dev.thresher.e2e.lab;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The process that removes a lab when its owner closes it or ends: it reads from a pipe whose
/// other end only the owner has.
final class Guardian {
  private static final long PATIENCE_SECONDS = 60;

  private final Process process;
  private final Path log;

  /// What is to happen to the lab when the owner is gone.
  enum Ending {
    REMOVE("remove"),
    KEEP_FILES("logs"),
    KEEP("keep");

    private final String word;

    Ending(String word) {
      this.word = word;
    }
  }

  private Guardian(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  static Guardian start(Workspace workspace) throws IOException {
    Path log = workspace.directory().resolve("logs").resolve("guardian.log");
    Process process =
        new ProcessBuilder(
                List.of(
                    // A session of its own: the owner's terminal or build may kill its process
                    // group.
                    "setsid",
                    workspace.programs().netlab().toString(),
                    "guard",
                    "--id",
                    workspace.id(),
                    "--directory",
                    workspace.directory().toString()))
            .directory(Path.of("/").toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    return new Guardian(process, log);
  }

  synchronized void announce(Ending ending) {
    try {
      Writer writer = process.outputWriter(StandardCharsets.UTF_8);
      writer.write(ending.word + "\n");
      writer.flush();
    } catch (IOException e) {
      throw new LabException("the lab's guardian is gone: " + e.getMessage(), e);
    }
  }

  /// Lets it do its work, and returns when that is done.
  void finish() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      throw new LabException("cannot dismiss the lab's guardian: " + e.getMessage(), e);
    }
    try {
      int status = process.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS).exitValue();
      if (status != 0) {
        throw new LabException("the lab was not removed completely; see " + log);
      }
    } catch (TimeoutException | ExecutionException e) {
      throw new LabException("the lab was not removed within " + PATIENCE_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
