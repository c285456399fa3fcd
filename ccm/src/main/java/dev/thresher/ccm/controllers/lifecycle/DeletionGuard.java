package dev.thresher.ccm.controllers.lifecycle;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// Whether so many machines are missing that the cloud is to be doubted rather than believed: a
/// wrong namespace, a restored backup or a lost list look like the end of all nodes.
///
/// @param limitShare per cent of the nodes that may go within [#WINDOW], 1 to 100
record DeletionGuard(int limitShare) {

  /// Deletions count this long.
  static final Duration WINDOW = Duration.ofMinutes(10);

  /// So many may always go, however few nodes there are.
  static final int ALWAYS = 2;

  private static final int DIGEST_CHARACTERS = 16;

  /// What is held back.
  ///
  /// @param nodes names of all nodes without machine that nobody confirmed, sorted
  /// @param digest what a person puts into the annotation to let exactly these go
  /// @param why for a person
  record Held(List<String> nodes, String digest, String why) {
    Held {
      nodes = List.copyOf(nodes);
    }
  }

  /// @param existing nodes whose machine is there
  /// @param missing nodes without machine that nobody confirmed, whether they are Ready or not
  /// @param gone nodes that were deleted within the window without being confirmed
  /// @return empty if nothing is to be held back
  Optional<Held> judge(int existing, Collection<NodeView> missing, int gone) {
    if (missing.isEmpty()) {
      return Optional.empty();
    }
    int going = missing.size() + gone;
    int all = existing + going;
    if (existing == 0) {
      return Optional.of(
          held(missing, "no node has a machine any more (" + missing.size() + " nodes)"));
    }
    if (going > ALWAYS && going * 100L > (long) limitShare * all) {
      return Optional.of(
          held(
              missing,
              "more than "
                  + limitShare
                  + " % of the nodes would go within "
                  + WINDOW.toMinutes()
                  + " minutes ("
                  + going
                  + " of "
                  + all
                  + ", "
                  + gone
                  + " of them gone already)"));
    }
    return Optional.empty();
  }

  private static Held held(Collection<NodeView> missing, String why) {
    List<String> names = missing.stream().map(NodeView::name).sorted().toList();
    return new Held(names, digest(missing), why);
  }

  /// Of names and UIDs: nodes that come back under the same names need a new confirmation.
  static String digest(Collection<NodeView> nodes) {
    String text =
        String.join(
            "\n", nodes.stream().map(node -> node.name() + "/" + node.uid()).sorted().toList());
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, DIGEST_CHARACTERS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
