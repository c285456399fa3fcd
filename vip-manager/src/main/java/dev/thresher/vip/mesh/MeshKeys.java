package dev.thresher.vip.mesh;

import dev.thresher.runtime.metrics.Metrics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// What is wrong with the shared keys, for people: files that cannot be read, and nodes whose
/// messages fit no key of this node. Each is said once, and again when it comes back. Confined to
/// one thread, but for reading.
public final class MeshKeys {

  /// Something to say. A warning.
  record Trouble(String reason, String message) {}

  static final String REFUSED = "MeshKeysRefused";
  static final String UNLIKE = "MeshKeysUnlike";

  /// While keys are being changed nodes have other keys for a while, but have one in common: it is
  /// a node that nothing was understood of for so long.
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  private String problem = "";
  private final Map<String, Long> unfitSince = new HashMap<>();
  private final Set<String> told = new HashSet<>();
  private volatile boolean good = true;
  private volatile int unlike;

  public MeshKeys(Metrics metrics) {
    metrics.gauge(
        "thresher_vip_mesh_keys_good",
        "1 while the shared keys can be read, 0 while the last good ones are used.",
        () -> good ? 1 : 0);
    metrics.gauge(
        "thresher_vip_mesh_keys_unlike",
        "Nodes of whose lease messages none has fitted a key of this node for 10 s.",
        () -> unlike);
  }

  /// A message said to be of a node fits no key.
  public void unfit(String node, long now) {
    unfitSince.putIfAbsent(node, now);
  }

  /// A message of a node fits.
  public void fits(String node) {
    unfitSince.remove(node);
    told.remove(node);
  }

  /// What there is to say now.
  ///
  /// @param unread why the keys cannot be read, if they cannot
  /// @param peers other names are made up by somebody
  List<Trouble> look(Optional<String> unread, Set<String> peers, long now) {
    List<Trouble> troubles = new ArrayList<>();
    String found = unread.orElse("");
    if (!found.equals(problem)) {
      problem = found;
      good = found.isEmpty();
      if (!good) {
        troubles.add(new Trouble(REFUSED, "the last good keys of the mesh stay in use: " + found));
      }
    }
    unfitSince.keySet().retainAll(peers);
    told.retainAll(peers);
    SortedSet<String> late = new TreeSet<>();
    unfitSince.forEach((node, since) -> {
      if (now - since >= PATIENCE_NANOS) {
        late.add(node);
      }
    });
    unlike = late.size();
    for (String node : late) {
      if (told.add(node)) {
        troubles.add(
            new Trouble(
                UNLIKE,
                "no lease message of node "
                    + node
                    + " fits a key of this node, so neither believes the other: give both the same"
                    + " keys in vip_mesh_keys"));
      }
    }
    return troubles;
  }
}
