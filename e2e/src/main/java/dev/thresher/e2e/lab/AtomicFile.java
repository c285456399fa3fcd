package dev.thresher.e2e.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Files that programs read while the lab writes them: a reader sees the old text or the new one.
final class AtomicFile {
  private AtomicFile() {}

  static void write(Path path, String text) {
    try {
      Path part = path.resolveSibling("." + path.getFileName() + ".part");
      Files.writeString(part, text);
      Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new LabException("cannot write " + path + ": " + e.getMessage(), e);
    }
  }
}
