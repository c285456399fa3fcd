package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thresher.vip.lease.VoterChange;
import dev.thresher.vip.lease.VoterRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordKeeperTest {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final VoterRecord FIRST = VoterRecord.found(7, "n1", Duration.ofMillis(400));
  private static final VoterRecord SECOND = FIRST.with(new VoterChange.AddVoter("n2"));
  private static final VoterRecord THIRD = SECOND.with(new VoterChange.AddVoter("n3"));

  @TempDir Path directory;

  private final List<VoterRecord> kept = new CopyOnWriteArrayList<>();
  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private final List<Boolean> failing = new CopyOnWriteArrayList<>();
  private RecordKeeper keeper = in(Optional.empty());

  private RecordKeeper in(Optional<VoterFile> file) {
    return new RecordKeeper(
        file, kept::add, (reason, message) -> warnings.add(reason + ": " + message), failing::add);
  }

  private void inDirectory() throws IOException {
    keeper = in(Optional.of(new VoterFile(directory)));
  }

  /// What is written next goes where nothing has room.
  private Path fullDisk() throws IOException {
    return Files.createSymbolicLink(directory.resolve("voters.json.next"), Path.of("/dev/full"));
  }

  @AfterEach
  void end() {
    keeper.stop();
  }

  @Test
  void withoutAFileItIsKeptAtOnce() {
    keeper.keep(FIRST);
    assertThat(kept).containsExactly(FIRST);
  }

  @Test
  void oneAfterTheOtherIsOnTheDiskBeforeItIsSaid() throws IOException {
    inDirectory();
    for (VoterRecord record : List.of(FIRST, SECOND, THIRD)) {
      keeper.keep(record);
      await().atMost(SOON).until(() -> kept.contains(record));
      assertThat(new VoterFile(directory).read()).contains(record);
    }
    assertThat(kept).containsExactly(FIRST, SECOND, THIRD);
    assertThat(warnings).isEmpty();
    assertThat(failing).isEmpty();
  }

  @Test
  void onAFullDiskItIsSaidOnceAndTriedUntilThereIsRoomAndTheLatestWins() throws IOException {
    inDirectory();
    keeper.keep(FIRST);
    await().atMost(SOON).until(() -> kept.contains(FIRST));
    Path full = fullDisk();
    keeper.keep(SECOND);
    await().atMost(SOON).until(() -> !warnings.isEmpty());
    keeper.keep(THIRD);
    assertThat(warnings.getFirst())
        .startsWith("VoterRecordUnkept: version " + SECOND.version())
        .contains(directory.resolve("voters.json").toString(), "No space left");
    assertThat(new VoterFile(directory).read()).as("the last good one").contains(FIRST);
    assertThat(failing).containsExactly(true);

    Files.delete(full);
    await().atMost(SOON).until(() -> kept.contains(THIRD));
    assertThat(new VoterFile(directory).read()).contains(THIRD);
    assertThat(failing).containsExactly(true, false);
    assertThat(warnings).hasSize(1);
  }

  @Test
  void whoStopsTriesNoMore() throws IOException {
    inDirectory();
    Path full = fullDisk();
    keeper.keep(FIRST);
    await().atMost(SOON).until(() -> !warnings.isEmpty());
    keeper.stop();
    await()
        .atMost(SOON)
        .until(() ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("vip-voters-file")));
    Files.delete(full);
    assertThat(kept).isEmpty();
    assertThat(new VoterFile(directory).read()).isEmpty();
  }
}
