package dev.thresher.vip.mesh;

import dev.thresher.vip.sealing.Keyring;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The shared keys from a directory, as a mounted Secret has them: a file per key, its name the
/// key's number. Read again now and then; a directory that cannot be read leaves the keys as they
/// are. Without a directory a key is used that everybody knows.
///
/// Whoever asks never waits for the disk: it is read by an executor, one reading at a time, and
/// what was read is there at a later question. Asked by one thread.
public final class KeySource {

  private static final Logger LOG = LoggerFactory.getLogger(KeySource.class);
  private static final long AGAIN_NANOS = 10_000_000_000L;

  /// What the directory had.
  private sealed interface Read {
    record Keys(SortedMap<Integer, byte[]> byNumber) implements Read {}

    record Failed(String why) implements Read {}
  }

  private final Optional<Path> directory;
  private final Executor reader;
  private final AtomicBoolean reading = new AtomicBoolean();
  private final AtomicReference<@Nullable Read> news = new AtomicReference<>();
  private Keyring ring;
  private String fingerprint;
  private long nextAt;
  private Optional<String> problem = Optional.empty();

  /// Reads the first keys itself.
  ///
  /// @param reader reads the later ones
  /// @throws IOException if there is no usable key at the start
  public KeySource(Optional<Path> directory, Executor reader, long now) throws IOException {
    this.directory = directory;
    this.reader = reader;
    this.nextAt = now + AGAIN_NANOS;
    if (directory.isEmpty()) {
      LOG.atWarn()
          .log(
              "lease messages are not authenticated: whoever reaches the mesh port can take"
                  + " addresses; set vip_mesh_keys");
      SortedMap<Integer, byte[]> known = new TreeMap<>();
      known.put(1, new byte[Keyring.SHORTEST_KEY]);
      ring = new Keyring(known);
      fingerprint = "";
      return;
    }
    SortedMap<Integer, byte[]> keys = keys(directory.get());
    ring = ring(keys, directory.get());
    fingerprint = fingerprint(keys);
  }

  public Keyring ring() {
    return ring;
  }

  /// Why the keys could not be read the last time, if so.
  Optional<String> problem() {
    return problem;
  }

  /// The keys, if others than before have been read.
  Optional<Keyring> changed(long now) {
    if (directory.isEmpty()) {
      return Optional.empty();
    }
    Path from = directory.get();
    if (now - nextAt >= 0) {
      nextAt = now + AGAIN_NANOS;
      if (reading.compareAndSet(false, true)) {
        reader.execute(() -> read(from));
      } else {
        problem = Optional.of("vip_mesh_keys " + from + ": the disk does not answer");
      }
    }
    return switch (news.getAndSet(null)) {
      case null -> Optional.empty();
      case Read.Failed(String why) -> refused(why);
      case Read.Keys(SortedMap<Integer, byte[]> keys) -> {
        problem = Optional.empty();
        if (fingerprint(keys).equals(fingerprint)) {
          yield Optional.empty();
        }
        try {
          ring = ring(keys, from);
        } catch (IOException e) {
          yield refused(String.valueOf(e.getMessage()));
        }
        fingerprint = fingerprint(keys);
        LOG.atInfo()
            .addKeyValue("ring", ring)
            .log("what the nodes say to each other is sealed with other keys");
        yield Optional.of(ring);
      }
    };
  }

  private Optional<Keyring> refused(String why) {
    problem = Optional.of(why);
    LOG.atError()
        .addKeyValue("error", why)
        .log("the shared keys cannot be read; the last ones stay");
    return Optional.empty();
  }

  /// On the reader's thread.
  private void read(Path from) {
    try {
      news.set(new Read.Keys(keys(from)));
    } catch (IOException | UncheckedIOException e) {
      news.set(new Read.Failed(String.valueOf(e.getMessage())));
    } finally {
      reading.set(false);
    }
  }

  private static Keyring ring(SortedMap<Integer, byte[]> keys, Path directory) throws IOException {
    try {
      return new Keyring(keys);
    } catch (IllegalArgumentException e) {
      throw new IOException("vip_mesh_keys " + directory + ": " + e.getMessage(), e);
    }
  }

  private static SortedMap<Integer, byte[]> keys(Path directory) throws IOException {
    SortedMap<Integer, byte[]> keys = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        String name = String.valueOf(file.getFileName());
        // A mounted Secret has names of its own that begin with two dots.
        if (!name.startsWith(".") && name.chars().allMatch(Character::isDigit)) {
          keys.put(Integer.parseInt(name), Files.readAllBytes(file));
        }
      }
    } catch (NumberFormatException e) {
      throw new IOException("vip_mesh_keys " + directory + ": a key's number is too large", e);
    }
    return keys;
  }

  /// Tells rings apart; never logged.
  private static String fingerprint(SortedMap<Integer, byte[]> keys) {
    StringBuilder text = new StringBuilder();
    keys.forEach(
        (number, key) -> text.append(number).append(':').append(Arrays.hashCode(key)).append(' '));
    return text.toString();
  }
}
