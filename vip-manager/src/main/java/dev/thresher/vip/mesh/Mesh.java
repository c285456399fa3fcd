package dev.thresher.vip.mesh;

import dev.thresher.vip.sealing.Keyring;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The connections to the other nodes. Thread-safe.
public interface Mesh {

  /// Where this node listens, for the others to know.
  List<InetSocketAddress> endpoints();

  /// Registers for changes of [#endpoints], to be called before the start. They are told on a
  /// thread of the mesh's own; a listener must not block.
  void onMove(Runnable listener);

  /// Whom to keep connections to; replaces what was said before.
  ///
  /// @param endpoints by node, without this one
  void peers(Map<String, List<InetSocketAddress>> endpoints);

  /// Tells all that this process has a session of this number now; new connections are greeted with
  /// it.
  void session(long number);

  /// The keys to prove greetings with from now on, where greetings are proven. Connections that are
  /// proven already stay.
  void keys(Keyring ring);

  /// Tells all that the record reached this version.
  void announce(long version);

  /// Registers for events, to be called before the start. They come in order, on one thread of the
  /// mesh's own; a listener must not block.
  void onEvent(Consumer<MeshEvent> listener);
}
