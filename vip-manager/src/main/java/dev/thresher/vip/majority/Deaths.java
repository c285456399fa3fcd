package dev.thresher.vip.majority;

import dev.thresher.vip.lease.Session;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which proofs of death are believed at once.
///
/// That an address refuses connections proves the death of the process that listened on it while
/// the address is that node's. When a node got another address, and a machine without a process of
/// ours has the former, the former refuses, too, while the process lives and speaks from the other.
/// So the proof is put off while the process was last heard from elsewhere; it is dropped if the
/// process is heard on, and believed if it is silent. Whom nobody heard from elsewhere lately, or
/// only beside what came from the address itself, is dead at once. Confined to one thread; the
/// clock is handed in.
final class Deaths {
  private static final Logger LOG = LoggerFactory.getLogger(Deaths.class);

  /// So many heartbeats may get lost on one way while they come by another.
  private static final int MISSED = 3;

  /// A living process says something in so many heartbeats.
  private static final int SILENT = 4;

  /// What came of one process of a node.
  private static final class Word {
    final long process;
    long heardAt;
    final Map<InetAddress, Long> from = new HashMap<>();

    Word(long process) {
      this.process = process;
    }
  }

  private record PutOff(Session session, InetAddress listened, long at) {}

  private final long beatNanos;
  private final Map<String, Word> words = new HashMap<>();
  private final Map<String, PutOff> putOff = new HashMap<>();
  private Map<String, Set<InetAddress>> listening = Map.of();

  /// @param beatNanos between heartbeats
  Deaths(long beatNanos) {
    this.beatNanos = beatNanos;
  }

  /// These nodes are there to talk to.
  ///
  /// @param addresses where they listen for connections, as they say
  void peers(Map<String, Set<InetAddress>> addresses) {
    listening = Map.copyOf(addresses);
    words.keySet().retainAll(addresses.keySet());
    putOff.keySet().retainAll(addresses.keySet());
  }

  /// A sealed message came.
  ///
  /// @param from where it was sent from
  void heard(Session session, InetAddress from, long now) {
    Set<InetAddress> listens = listening.get(session.node());
    if (listens == null) {
      return;
    }
    Word word = words.get(session.node());
    if (word == null || word.process != session.process()) {
      word = new Word(session.process());
      words.put(session.node(), word);
    }
    word.heardAt = now;
    if (listens.contains(from)) {
      word.from.put(from, now);
    }
    PutOff waiting = putOff.get(session.node());
    if (waiting != null
        && waiting.session.equals(session)
        && now - waiting.at > SILENT * beatNanos) {
      putOff.remove(session.node());
      LOG.atWarn()
          .addKeyValue("node", session.node())
          .addKeyValue("address", waiting.listened.getHostAddress())
          .log(
              "the address on which a node's process listened refuses connections, but the process"
                  + " lives and speaks from another: restart vip-manager there, so that it listens"
                  + " on the node's present address");
    }
  }

  /// A process is said to be dead.
  ///
  /// @param listened where it does not listen any more
  /// @return whether it is dead at once; if not, see [#due(long)]
  boolean proven(Session session, InetAddress listened, long now) {
    Word word = words.get(session.node());
    if (word == null
        || word.process != session.process()
        || now - word.heardAt >= SILENT * beatNanos) {
      return true;
    }
    Long there = word.from.get(listened);
    if (there != null && word.heardAt - there <= MISSED * beatNanos) {
      return true;
    }
    putOff.put(session.node(), new PutOff(session, listened, now));
    return false;
  }

  /// One whose death was put off and that has been silent since. To be asked when no message waits.
  Optional<Session> due(long now) {
    for (PutOff waiting : putOff.values()) {
      Word word = words.get(waiting.session.node());
      long since = waiting.at;
      if (word != null && word.process == waiting.session.process() && word.heardAt - since > 0) {
        since = word.heardAt;
      }
      if (now - since >= SILENT * beatNanos) {
        putOff.remove(waiting.session.node());
        return Optional.of(waiting.session);
      }
    }
    return Optional.empty();
  }
}
