package dev.thresher.e2e.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A running packet recorder.
///
/// @param file in pcap format, whole up to the last packet at any moment
public record Recorder(LabProcess process, Path file) implements AutoCloseable {

  static Recorder start(Namespace namespace, String device) {
    Workspace workspace = namespace.workspace();
    Path file =
        workspace
            .directory()
            .resolve(namespace.name() + "-" + device + "-" + System.nanoTime() + ".pcap");
    LabProcess process =
        namespace.start(
            "record-" + device,
            List.of(
                workspace.programs().netlab().toString(),
                "record",
                "-interface=" + device,
                "-file=" + file),
            Map.of());
    process.awaitOutput("recording");
    return new Recorder(process, file);
  }

  @Override
  public void close() {
    process.kill();
  }
}
