package dev.thresher.e2e.cloud;

import dev.thresher.e2e.lab.LabException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What `hack/build` made: the launchers of the programs, and the files that go with them.
///
/// @param root top folder of the checkout
public record Dist(Path root) {

  /// The checkout that this process runs in: `THRESHER_ROOT` if set, else the nearest folder
  /// upwards that holds `hack/build`.
  public static Dist find() {
    String given = System.getenv("THRESHER_ROOT");
    Path start = Path.of(given == null ? "" : given).toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent()) {
      if (Files.isRegularFile(folder.resolve("hack/build"))) {
        return new Dist(folder);
      }
    }
    throw new LabException("no checkout at or above " + start + ": set THRESHER_ROOT to one");
  }

  /// The launcher of a program.
  public Path program(String name) {
    Path launcher = root.resolve("dist/bin").resolve(name);
    if (!Files.isExecutable(launcher)) {
      throw new LabException("no " + launcher + ": run hack/build first");
    }
    return launcher;
  }

  /// A file of a chart, for example the access rules of a program.
  public String chartFile(String program, String file) {
    Path path = root.resolve("charts").resolve(program).resolve("files").resolve(file);
    try {
      return Files.readString(path);
    } catch (java.io.IOException e) {
      throw new LabException("cannot read " + path + ": " + e.getMessage(), e);
    }
  }
}
