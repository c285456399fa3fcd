package dev.thresher.vip.mesh;

import dev.thresher.runtime.lifecycle.Component;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.Timeline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Gives the mesh its keys from a directory and follows them, where the right has no use for keys
/// of its own.
public final class KeyFollower implements Component {

  private static final long PAUSE_NANOS = 1_000_000_000L;

  private final Path directory;
  private final Mesh mesh;
  private final Timeline timeline;
  private final MeshKeys keys;
  private final BiConsumer<String, String> warn;
  private volatile boolean stopping;
  private volatile @Nullable Thread thread;

  /// @param directory a file per key, its name the key's number
  /// @param warn hears a reason and a message that people should see at this node
  public KeyFollower(
      Path directory,
      Mesh mesh,
      Timeline timeline,
      Metrics metrics,
      BiConsumer<String, String> warn) {
    this.directory = directory;
    this.mesh = mesh;
    this.timeline = timeline;
    this.keys = new MeshKeys(metrics);
    this.warn = warn;
  }

  @Override
  public String name() {
    return "mesh keys";
  }

  /// @throws IOException if there is no usable key
  @Override
  public void start() throws IOException {
    long now = timeline.nanoTime();
    KeySource source = new KeySource(Optional.of(directory), Runnable::run, now);
    mesh.keys(source.ring());
    var watch = new KeyWatch(source, mesh::keys, Set::of, keys, warn, now);
    thread = Thread.ofVirtual().name("vip-mesh-keys").start(() -> follow(watch));
  }

  @Override
  public void stop() {
    stopping = true;
    Thread running = thread;
    if (running != null) {
      LockSupport.unpark(running);
    }
  }

  private void follow(KeyWatch watch) {
    while (!stopping) {
      LockSupport.parkNanos(PAUSE_NANOS);
      watch.look(timeline.nanoTime());
    }
  }
}
