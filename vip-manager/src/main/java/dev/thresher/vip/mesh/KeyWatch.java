package dev.thresher.vip.mesh;

import dev.thresher.vip.sealing.Keyring;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Follows the shared keys while they are used, and says what is wrong with them. Confined to one
/// thread.
public final class KeyWatch {

  private static final long EVERY_NANOS = 1_000_000_000L;

  private final KeySource source;
  private final Consumer<Keyring> changed;
  private final Supplier<Set<String>> peers;
  private final MeshKeys keys;
  private final BiConsumer<String, String> warn;
  private long lookedAt;

  /// @param changed hears of other keys
  /// @param peers nodes that are spoken to by datagrams, see [MeshKeys]
  /// @param warn hears a reason and a message that people should see at this node
  /// @param now on the clock that [#look(long)] is told
  public KeyWatch(
      KeySource source,
      Consumer<Keyring> changed,
      Supplier<Set<String>> peers,
      MeshKeys keys,
      BiConsumer<String, String> warn,
      long now) {
    this.source = source;
    this.changed = changed;
    this.peers = peers;
    this.keys = keys;
    this.warn = warn;
    this.lookedAt = now;
  }

  /// To be called again and again.
  public void look(long now) {
    source.changed(now).ifPresent(changed);
    if (now - lookedAt >= EVERY_NANOS) {
      lookedAt = now;
      keys.look(source.problem(), peers.get(), now)
          .forEach(trouble -> warn.accept(trouble.reason(), trouble.message()));
    }
  }
}
