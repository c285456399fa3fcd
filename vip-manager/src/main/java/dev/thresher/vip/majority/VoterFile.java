package dev.thresher.vip.majority;

import dev.thresher.vip.lease.VoterRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// This node's copy of the record of voters. One thread at a time.
final class VoterFile {

  private final DurableFile file;

  /// @param directory made if it is not there
  VoterFile(Path directory) throws IOException {
    this.file = DurableFile.in(directory, "voters.json");
  }

  /// @throws IOException if there is a file that cannot be read as one
  Optional<VoterRecord> read() throws IOException {
    try {
      return file.read().map(VoterText::parse);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          file.path() + " is no record of voters; remove it to start without (silent for 10 s)", e);
    }
  }

  Path path() {
    return file.path();
  }

  void write(VoterRecord record) throws IOException {
    file.write(VoterText.text(record));
  }
}
