package dev.thresher.vip.mesh;

import dev.thresher.vip.sealing.Keyring;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The shared keys from a directory, as a mounted Secret has them: a file per key, its name the
/// key's number. Read again now and then; a directory that cannot be read leaves the keys as they
/// are. Without a directory a key is used that everybody knows. One thread.
public final class KeySource {

  private static final Logger LOG = LoggerFactory.getLogger(KeySource.class);
  private static final long AGAIN_NANOS = 10_000_000_000L;

  private final Optional<Path> directory;
  private Keyring ring;
  private String fingerprint;
  private long nextAt;
  private Optional<String> problem = Optional.empty();

  /// @throws IOException if there is no usable key at the start
  public KeySource(Optional<Path> directory, long now) throws IOException {
    this.directory = directory;
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

  /// The keys, if they are others than before.
  Optional<Keyring> changed(long now) {
    if (directory.isEmpty() || now - nextAt < 0) {
      return Optional.empty();
    }
    nextAt = now + AGAIN_NANOS;
    try {
      SortedMap<Integer, byte[]> keys = keys(directory.get());
      if (fingerprint(keys).equals(fingerprint)) {
        problem = Optional.empty();
        return Optional.empty();
      }
      ring = ring(keys, directory.get());
      problem = Optional.empty();
      fingerprint = fingerprint(keys);
      LOG.atInfo()
          .addKeyValue("ring", ring)
          .log("what the nodes say to each other is sealed with other keys");
      return Optional.of(ring);
    } catch (IOException e) {
      problem = Optional.of(String.valueOf(e.getMessage()));
      LOG.atError()
          .addKeyValue("error", e.getMessage())
          .log("the shared keys cannot be read; the last ones stay");
      return Optional.empty();
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
