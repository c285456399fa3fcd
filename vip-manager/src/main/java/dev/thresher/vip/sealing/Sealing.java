package dev.thresher.vip.sealing;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Seals what this process says and opens what others say. No clock is read and nothing is sent
/// here. Confined to one thread.
///
/// The seal is HMAC-SHA-256 over all that goes before it, cut to 16 bytes. A process that was not
/// heard before is asked to repeat a nonce: only one that runs now and has a key can do so, thus a
/// recording proves nothing. From its answer on, its datagrams are taken if their number is new;
/// they may overtake each other by up to 64.
public final class Sealing {

  private static final int SEAL = 16;
  private static final int NONCE = 16;
  private static final String ALGORITHM = "HmacSHA256";

  /// How long an answer is waited for before the question is put again.
  private static final long ASK_AGAIN_NANOS = 200_000_000L;

  /// Processes of one node that are believed at a time: the present one, and those before it whose
  /// last words may be under way.
  private static final int PROCESSES = 4;

  /// Open questions per node. Recordings of earlier processes raise some that nobody answers.
  private static final int QUESTIONS = 64;

  private final String node;
  private final long process;
  private final RandomGenerator nonces;
  private final Map<String, Peer> peers = new HashMap<>();
  private final Map<Opened.Reason, Long> dropped = new EnumMap<>(Opened.Reason.class);
  private final Map<Integer, Mac> macs = new HashMap<>();
  private Keyring keys;
  private long number;

  private record Question(ByteBuffer nonce, long askedAt) {}

  /// What is known of one node.
  private static final class Peer {
    int newestKey;
    final Map<Long, Window> proven = bounded(PROCESSES);
    final Map<Long, Question> asked = bounded(QUESTIONS);

    private static <V> Map<Long, V> bounded(int most) {
      return new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, V> eldest) {
          return size() > most;
        }
      };
    }
  }

  /// @param node name of this node
  /// @param process random number of this process
  /// @param nonces must not be predictable
  public Sealing(String node, long process, Keyring keys, RandomGenerator nonces) {
    this.node = node;
    this.process = process;
    this.nonces = nonces;
    this.keys = keys;
    keys(keys);
  }

  /// Takes another ring.
  public void keys(Keyring changed) {
    keys = changed;
    macs.clear();
    changed
        .keys()
        .forEach((id, key) -> {
          try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            macs.put(id, mac);
          } catch (GeneralSecurityException e) {
            throw new IllegalStateException(ALGORITHM + " is missing in this Java", e);
          }
        });
  }

  /// How many datagrams were dropped, by reason.
  public Map<Opened.Reason, Long> dropped() {
    return Map.copyOf(dropped);
  }

  /// Seals a message for one node.
  public ByteBuffer seal(String to, ByteBuffer payload) {
    Peer peer = peers.get(to);
    int key = keys.bestFor(peer == null ? 0 : peer.newestKey);
    return seal(to, Datagram.Kind.DATA, payload, key);
  }

  /// Opens a datagram.
  ///
  /// @param bytes all of it
  /// @param now monotonic nanoseconds
  public Opened open(ByteBuffer bytes, long now) {
    Opened opened = look(bytes, now);
    if (opened instanceof Opened.Dropped(var reason, _)) {
      dropped.merge(reason, 1L, Long::sum);
    }
    return opened;
  }

  private Opened look(ByteBuffer bytes, long now) {
    int length = bytes.remaining() - SEAL;
    if (length < 0) {
      return new Opened.Dropped(Opened.Reason.MALFORMED);
    }
    ByteBuffer sealed = bytes.slice(bytes.position(), length);
    Optional<Datagram> read = Datagram.decode(sealed.duplicate());
    if (read.isEmpty()) {
      return new Opened.Dropped(Opened.Reason.MALFORMED);
    }
    Datagram datagram = read.get();
    if (!datagram.receiver().equals(node)) {
      return new Opened.Dropped(Opened.Reason.NOT_FOR_THIS_NODE);
    }
    Mac mac = macs.get(datagram.key());
    if (mac == null) {
      return new Opened.Dropped(Opened.Reason.UNKNOWN_KEY, datagram.sender());
    }
    byte[] seal = new byte[SEAL];
    bytes.slice(bytes.position() + length, SEAL).get(seal);
    if (!MessageDigest.isEqual(seal, sealOf(mac, sealed.duplicate()))) {
      return new Opened.Dropped(Opened.Reason.FORGED, datagram.sender());
    }
    Peer peer = peers.computeIfAbsent(datagram.sender(), _ -> new Peer());
    return switch (datagram.kind()) {
      case DATA -> data(datagram, peer, now);
      case QUESTION -> question(datagram);
      case PROOF -> proof(datagram, peer);
    };
  }

  private Opened data(Datagram datagram, Peer peer, long now) {
    Window window = peer.proven.get(datagram.process());
    if (window == null) {
      return ask(datagram, peer, now);
    }
    if (!window.take(datagram.number())) {
      return new Opened.Dropped(Opened.Reason.REPLAYED);
    }
    peer.newestKey = datagram.newestKey();
    return new Opened.Accepted(datagram.sender(), datagram.process(), datagram.payload());
  }

  private Opened ask(Datagram datagram, Peer peer, long now) {
    Question open = peer.asked.get(datagram.process());
    if (open != null && now - open.askedAt() < ASK_AGAIN_NANOS) {
      return new Opened.Dropped(Opened.Reason.NOT_PROVEN_YET);
    }
    byte[] nonce = new byte[NONCE];
    nonces.nextBytes(nonce);
    peer.asked.put(datagram.process(), new Question(ByteBuffer.wrap(nonce), now));
    ByteBuffer payload = ByteBuffer.allocate(Long.BYTES + NONCE);
    payload.putLong(datagram.process()).put(nonce).flip();
    return new Opened.Ask(
        datagram.sender(),
        seal(datagram.sender(), Datagram.Kind.QUESTION, payload, datagram.key()));
  }

  /// Anybody who has a key may ask, also twice: the answer says only that this process runs.
  private Opened question(Datagram datagram) {
    ByteBuffer payload = datagram.payload();
    if (payload.remaining() != Long.BYTES + NONCE) {
      return new Opened.Dropped(Opened.Reason.MALFORMED);
    }
    if (payload.getLong() != process) {
      return new Opened.Dropped(Opened.Reason.NOT_FOR_THIS_NODE);
    }
    return new Opened.Prove(
        datagram.sender(), seal(datagram.sender(), Datagram.Kind.PROOF, payload, datagram.key()));
  }

  private Opened proof(Datagram datagram, Peer peer) {
    @Nullable Question open = peer.asked.get(datagram.process());
    byte[] nonce = new byte[datagram.payload().remaining()];
    datagram.payload().get(nonce);
    if (open == null || !open.nonce().equals(ByteBuffer.wrap(nonce))) {
      return new Opened.Dropped(Opened.Reason.NOT_ASKED);
    }
    peer.asked.remove(datagram.process());
    peer.proven.put(datagram.process(), new Window(datagram.number()));
    peer.newestKey = datagram.newestKey();
    return new Opened.Proven(datagram.sender(), datagram.process());
  }

  /// @param key on the ring. An answer is sealed with the key of what it answers, which the other
  ///   surely has: of a process that was not believed yet, no other is known
  private ByteBuffer seal(String to, Datagram.Kind kind, ByteBuffer payload, int key) {
    byte[] bytes =
        new Datagram(kind, key, keys.newest(), process, ++number, node, to, payload).encode(SEAL);
    Mac mac = macs.get(key);
    if (mac == null) {
      throw new IllegalStateException("no seal for key " + key);
    }
    ByteBuffer out = ByteBuffer.wrap(bytes);
    byte[] seal = sealOf(mac, out.slice(0, bytes.length - SEAL));
    System.arraycopy(seal, 0, bytes, bytes.length - SEAL, SEAL);
    return out;
  }

  private static byte[] sealOf(Mac mac, ByteBuffer bytes) {
    mac.update(bytes);
    byte[] full = mac.doFinal();
    byte[] seal = new byte[SEAL];
    System.arraycopy(full, 0, seal, 0, SEAL);
    return seal;
  }
}
