package dev.thresher.vip.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.VirtualTimeline;
import dev.thresher.vip.sealing.Keyring;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFollowerTest {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofSeconds(11);

  @TempDir Path directory;

  private final VirtualTimeline timeline = new VirtualTimeline();
  private final List<Set<Integer>> rings = new CopyOnWriteArrayList<>();
  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private KeyFollower follower = following(Path.of("nowhere"));

  private KeyFollower following(Path keys) {
    return new KeyFollower(
        keys,
        new Keys(),
        timeline,
        new Metrics(),
        (reason, message) -> warnings.add(reason + ": " + message));
  }

  private void start() throws IOException {
    follower = following(directory);
    follower.start();
  }

  private void key(int number, int length) throws IOException {
    Files.write(directory.resolve(String.valueOf(number)), new byte[length]);
  }

  @AfterEach
  void end() {
    follower.stop();
  }

  @Test
  void theMeshHasTheKeysOfTheDirectoryAndThoseThatCome() throws IOException {
    key(1, 32);
    start();
    assertThat(rings).containsExactly(Set.of(1));
    key(2, 32);
    timeline.advance(LOOK);
    await().atMost(SOON).until(() -> rings.size() == 2);
    assertThat(rings).containsExactly(Set.of(1), Set.of(1, 2));
    assertThat(warnings).isEmpty();
  }

  @Test
  void keysThatCannotBeUsedAreSaidAndTheLastOnesStay() throws IOException {
    key(1, 32);
    start();
    key(2, 5);
    timeline.advance(LOOK);
    await().atMost(SOON).until(() -> !warnings.isEmpty());
    assertThat(warnings).singleElement().asString().contains("MeshKeysRefused", "key 2 has 5");
    assertThat(rings).containsExactly(Set.of(1));
  }

  @Test
  void withoutAUsableKeyItDoesNotStart() {
    assertThatIOException().isThrownBy(this::start).withMessageContaining("at least one key");
    assertThat(rings).isEmpty();
  }

  private final class Keys implements Mesh {
    @Override
    public void keys(Keyring ring) {
      rings.add(ring.keys().keySet());
    }

    @Override
    public List<InetSocketAddress> endpoints() {
      throw new AssertionError();
    }

    @Override
    public void onMove(Runnable listener) {
      throw new AssertionError();
    }

    @Override
    public void peers(Map<String, List<InetSocketAddress>> endpoints) {
      throw new AssertionError();
    }

    @Override
    public void session(long number) {
      throw new AssertionError();
    }

    @Override
    public void announce(long version) {
      throw new AssertionError();
    }

    @Override
    public void onEvent(Consumer<MeshEvent> listener) {
      throw new AssertionError();
    }
  }
}
