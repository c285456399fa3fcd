package dev.thresher.e2e.lbc;

import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// An HTTP server in a machine, for the files of a directory, at each of its addresses.
final class FileServer {

  static final int PORT = 8081;

  private FileServer() {}

  static LabProcess start(Lab lab, Machine on, Path files) {
    return start(lab, on, files, PORT);
  }

  static LabProcess start(Lab lab, Machine on, Path files, int port) {
    return lab.start(
        on,
        "web",
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "jwebserver").toString(),
            "-b",
            "::",
            "-p",
            Integer.toString(port),
            "-d",
            files.toString()),
        Map.of());
  }
}
