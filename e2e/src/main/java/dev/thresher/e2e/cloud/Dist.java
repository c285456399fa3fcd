package dev.thresher.e2e.cloud;

import dev.thresher.e2e.lab.Checkout;
import dev.thresher.e2e.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What `hack/build` made: the launchers of the programs, and the files that go with them.
///
/// @param root top folder of the checkout
public record Dist(Path root) {

  public static Dist find() {
    return new Dist(Checkout.find());
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
    } catch (IOException e) {
      throw new LabException("cannot read " + path + ": " + e.getMessage(), e);
    }
  }
}
