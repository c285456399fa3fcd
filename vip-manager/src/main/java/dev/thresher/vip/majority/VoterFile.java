package dev.thresher.vip.majority;

import dev.thresher.vip.lease.VoterRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/// This node's copy of the record of voters, which outlasts a crash of the machine: what was
/// written is on the disk, or the version before is. One thread at a time.
final class VoterFile {

  private final Path file;

  /// @param directory made if it is not there
  VoterFile(Path directory) throws IOException {
    Files.createDirectories(directory);
    this.file = directory.resolve("voters.json");
  }

  /// @throws IOException if there is a file that cannot be read as one
  Optional<VoterRecord> read() throws IOException {
    try {
      return Optional.of(VoterText.parse(Files.readString(file)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      throw new IOException(
          file + " is no record of voters; remove it to start without (silent for 10 s)", e);
    }
  }

  void write(VoterRecord record) throws IOException {
    Path next = file.resolveSibling("voters.json.next");
    try (FileChannel out =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(VoterText.text(record).getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel directory =
        FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }
}
