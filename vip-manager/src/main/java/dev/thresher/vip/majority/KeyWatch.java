package dev.thresher.vip.majority;

import dev.thresher.vip.mesh.Mesh;
import dev.thresher.vip.sealing.Sealing;
import java.util.function.BiConsumer;

/// Follows the keys of the mesh while it runs, and says what is wrong with them. Confined to the
/// right's thread.
final class KeyWatch {

  private static final long EVERY_NANOS = 1_000_000_000L;

  private final KeySource source;
  private final Sealing sealing;
  private final Mesh mesh;
  private final LeaseMail mail;
  private final MeshKeys keys;
  private final BiConsumer<String, String> warn;
  private long lookedAt;

  /// @param warn hears a reason and a message that people should see at this node
  /// @param now on the clock that [#look(long)] is told
  KeyWatch(
      KeySource source,
      Sealing sealing,
      Mesh mesh,
      LeaseMail mail,
      MeshKeys keys,
      BiConsumer<String, String> warn,
      long now) {
    this.source = source;
    this.sealing = sealing;
    this.mesh = mesh;
    this.mail = mail;
    this.keys = keys;
    this.warn = warn;
    this.lookedAt = now;
  }

  void look(long now) {
    source
        .changed(now)
        .ifPresent(ring -> {
          sealing.keys(ring);
          mesh.keys(ring);
        });
    if (now - lookedAt >= EVERY_NANOS) {
      lookedAt = now;
      keys.look(source.problem(), mail.nodes(), now)
          .forEach(trouble -> warn.accept(trouble.reason(), trouble.message()));
    }
  }
}
