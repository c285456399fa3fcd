package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.thresher.vip.lease.RecordMark;
import dev.thresher.vip.lease.VoterChange;
import dev.thresher.vip.lease.VoterRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VoterFileTest {

  private static final VoterRecord FIRST = VoterRecord.found(-2, "n1", Duration.ofMillis(400));
  private static final VoterRecord SECOND = FIRST.with(new VoterChange.AddVoter("n2"));

  @TempDir Path directory;

  @Test
  void keepsTheLastVersion() throws IOException {
    VoterFile file = new VoterFile(directory.resolve("a/b"));
    assertThat(file.read()).isEmpty();
    file.write(FIRST);
    file.write(SECOND);
    assertThat(new VoterFile(directory.resolve("a/b")).read()).contains(SECOND);
  }

  @Test
  void anotherFileIsNotTakenForNone() throws IOException {
    Files.writeString(directory.resolve("voters.json"), "{}");
    VoterFile file = new VoterFile(directory);
    assertThatIOException().isThrownBy(file::read).withMessageContaining("voters.json");
  }

  @Test
  void textsComeBack() {
    VoterRecord witnessed = SECOND.with(new VoterChange.AddWitness());
    assertThat(VoterText.parse(VoterText.text(witnessed))).isEqualTo(witnessed);
    RecordMark mark = new RecordMark(-5, 12);
    assertThat(VoterText.parseMark(VoterText.mark(mark))).isEqualTo(mark);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "{}", "[]", "{\"cluster\":\"1\",\"version\":0,\"voters\":[]}"})
  void whatIsNoRecordIsRefused(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> VoterText.parse(text));
  }
}
