package dev.thresher.vip.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeySourceTest {

  private static final long MINUTE = 60_000_000_000L;

  @TempDir Path directory;

  private void key(int number, int length) throws IOException {
    Files.write(directory.resolve(String.valueOf(number)), new byte[length]);
  }

  @Test
  void readsKeysByNumberAndFollowsThem() throws IOException {
    key(1, 32);
    Files.writeString(directory.resolve("..data"), "not a key");
    KeySource source = new KeySource(Optional.of(directory), Runnable::run, 0);
    assertThat(source.ring().keys()).containsOnlyKeys(1);
    assertThat(source.changed(MINUTE)).isEmpty();
    key(2, 64);
    assertThat(source.changed(2 * MINUTE).orElseThrow().keys()).containsOnlyKeys(1, 2);
  }

  @Test
  void keepsTheLastGoodKeys() throws IOException {
    key(1, 32);
    KeySource source = new KeySource(Optional.of(directory), Runnable::run, 0);
    key(1, 5);
    assertThat(source.problem()).isEmpty();
    assertThat(source.changed(MINUTE)).isEmpty();
    assertThat(source.ring().keys().get(1)).hasSize(32);
    assertThat(source.problem().orElseThrow()).contains("key 1 has 5 bytes");
    key(1, 32);
    assertThat(source.changed(2 * MINUTE)).isEmpty();
    assertThat(source.problem()).as("the good ones are back").isEmpty();
  }

  @Test
  void startsNotWithoutAUsableKey() throws IOException {
    assertThatIOException()
        .isThrownBy(() -> new KeySource(Optional.of(directory), Runnable::run, 0))
        .withMessageContaining("at least one key");
    key(1, 31);
    assertThatIOException()
        .isThrownBy(() -> new KeySource(Optional.of(directory), Runnable::run, 0))
        .withMessageContaining("31 bytes");
  }

  @Test
  void withoutADirectoryTheKeyIsOneThatEverybodyKnows() throws IOException {
    KeySource source = new KeySource(Optional.empty(), Runnable::run, 0);
    assertThat(source.ring().keys()).containsOnlyKeys(1);
    assertThat(source.changed(MINUTE)).isEmpty();
  }

  @Test
  void nobodyWaitsForADiskThatHangs() throws IOException {
    key(1, 32);
    List<Runnable> hanging = new ArrayList<>();
    KeySource source = new KeySource(Optional.of(directory), hanging::add, 0);
    key(2, 32);
    assertThat(source.changed(MINUTE)).isEmpty();
    assertThat(source.changed(2 * MINUTE)).isEmpty();
    assertThat(hanging).as("one reading at a time").hasSize(1);
    assertThat(source.problem().orElseThrow()).contains("the disk does not answer");
    hanging.removeFirst().run();
    assertThat(source.changed(2 * MINUTE + 1).orElseThrow().keys()).containsOnlyKeys(1, 2);
    assertThat(source.problem()).isEmpty();
    assertThat(source.changed(2 * MINUTE + 2)).as("said once").isEmpty();
    assertThat(source.changed(3 * MINUTE)).isEmpty();
    assertThat(hanging).as("the next reading").hasSize(1);
  }
}
