package dev.thresher.vip.sealing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SealingTest {

  private static final long SECOND = 1_000_000_000L;

  private final Random random = new Random(5);
  private final Keyring first = ring(1);
  private Sealing a = new Sealing("a", 11, first, random);
  private Sealing b = new Sealing("b", 22, first, random);

  private static Keyring ring(int... numbers) {
    Map<Integer, byte[]> keys = new TreeMap<>();
    for (int number : numbers) {
      byte[] key = new byte[32];
      new Random(number).nextBytes(key);
      keys.put(number, key);
    }
    return new Keyring(new TreeMap<>(keys));
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Opened open(Sealing at, ByteBuffer datagram) {
    return open(at, datagram, 0);
  }

  private static Opened open(Sealing at, ByteBuffer datagram, long now) {
    return at.open(datagram.duplicate(), now);
  }

  private static ByteBuffer answer(Opened opened) {
    return switch (opened) {
      case Opened.Ask(_, var question) -> question;
      case Opened.Prove(_, var proof) -> proof;
      default -> throw new AssertionError("nothing to send: " + opened);
    };
  }

  /// Makes `to` believe `from`.
  private static void prove(Sealing from, String fromName, Sealing to, String toName) {
    ByteBuffer question = answer(open(to, from.seal(toName, bytes("first")), 10 * SECOND));
    ByteBuffer proof = answer(open(from, question));
    assertThat(open(to, proof)).isInstanceOf(Opened.Proven.class);
    assertThat(fromName).isNotEqualTo(toName);
  }

  private static Opened.Reason dropped(Opened opened) {
    assertThat(opened).isInstanceOf(Opened.Dropped.class);
    return ((Opened.Dropped) opened).reason();
  }

  private static void takes(Sealing to, ByteBuffer datagram, String text) {
    Opened opened = open(to, datagram);
    assertThat(opened).isInstanceOf(Opened.Accepted.class);
    ByteBuffer payload = ((Opened.Accepted) opened).payload();
    assertThat(StandardCharsets.UTF_8.decode(payload.duplicate()).toString()).isEqualTo(text);
  }

  @Test
  void takesWhatAProvenProcessSaysOnce() {
    prove(a, "a", b, "b");
    ByteBuffer datagram = a.seal("b", bytes("hello"));
    takes(b, datagram, "hello");
    assertThat(dropped(open(b, datagram))).isEqualTo(Opened.Reason.REPLAYED);
    assertThat(b.dropped()).containsEntry(Opened.Reason.REPLAYED, 1L);
  }

  @Test
  void datagramsMayOvertakeEachOtherALittle() {
    prove(a, "a", b, "b");
    ByteBuffer early = a.seal("b", bytes("early"));
    for (int i = 0; i < 62; i++) {
      takes(b, a.seal("b", bytes("m" + i)), "m" + i);
    }
    ByteBuffer late = a.seal("b", bytes("late"));
    takes(b, early, "early");
    assertThat(dropped(open(b, early))).isEqualTo(Opened.Reason.REPLAYED);
    for (int i = 0; i < 64; i++) {
      takes(b, a.seal("b", bytes("n" + i)), "n" + i);
    }
    assertThat(dropped(open(b, late))).isEqualTo(Opened.Reason.REPLAYED);
  }

  @Test
  void everyChangedOrMissingByteIsNoticed() {
    prove(a, "a", b, "b");
    ByteBuffer datagram = a.seal("b", bytes("hello"));
    byte[] whole = new byte[datagram.remaining()];
    datagram.duplicate().get(whole);
    for (int i = 0; i < whole.length; i++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] forged = whole.clone();
        forged[i] ^= (byte) (1 << bit);
        assertThat(open(b, ByteBuffer.wrap(forged)))
            .as("byte %d", i)
            .isInstanceOf(Opened.Dropped.class);
      }
      byte[] cut = Arrays.copyOf(whole, i);
      assertThat(open(b, ByteBuffer.wrap(cut)))
          .as("%d bytes", i)
          .isInstanceOf(Opened.Dropped.class);
    }
    takes(b, datagram, "hello");
    assertThat(b.dropped())
        .containsKeys(
            Opened.Reason.MALFORMED,
            Opened.Reason.FORGED,
            Opened.Reason.UNKNOWN_KEY,
            Opened.Reason.NOT_FOR_THIS_NODE);
  }

  @Test
  void noiseIsDropped() {
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(120)];
      random.nextBytes(noise);
      if (noise.length > 1) {
        noise[0] = 1;
        noise[1] = (byte) random.nextInt(3);
      }
      assertThat(open(b, ByteBuffer.wrap(noise))).isInstanceOf(Opened.Dropped.class);
    }
  }

  @Test
  void aRecordingProvesNothingToAProcessThatForgot() {
    prove(a, "a", b, "b");
    ByteBuffer recorded = a.seal("b", bytes("old"));
    takes(b, recorded, "old");
    b = new Sealing("b", 23, first, random);
    ByteBuffer question = answer(open(b, recorded));
    // The recorded process is gone; its successor does not answer in its name.
    a = new Sealing("a", 12, first, random);
    assertThat(dropped(open(a, question))).isEqualTo(Opened.Reason.NOT_FOR_THIS_NODE);
    assertThat(dropped(open(b, recorded))).isEqualTo(Opened.Reason.NOT_PROVEN_YET);
  }

  @Test
  void anAnswerToAnEarlierQuestionProvesNothing() {
    ByteBuffer question = answer(open(b, a.seal("b", bytes("x"))));
    ByteBuffer proof = answer(open(a, question));
    Sealing later = new Sealing("b", 23, first, new Random(6));
    assertThat(dropped(open(later, proof))).isEqualTo(Opened.Reason.NOT_ASKED);
    answer(open(later, a.seal("b", bytes("y"))));
    assertThat(dropped(open(later, proof))).isEqualTo(Opened.Reason.NOT_ASKED);
    assertThat(open(b, proof)).isInstanceOf(Opened.Proven.class);
    assertThat(dropped(open(b, proof))).isEqualTo(Opened.Reason.NOT_ASKED);
  }

  @Test
  void whatWasSaidBeforeTheProofIsNotTakenAfterIt() {
    ByteBuffer before = a.seal("b", bytes("before"));
    prove(a, "a", b, "b");
    assertThat(dropped(open(b, before))).isEqualTo(Opened.Reason.REPLAYED);
  }

  @Test
  void anUnansweredQuestionIsPutAgainNowAndThen() {
    answer(open(b, a.seal("b", bytes("1")), 0));
    assertThat(dropped(open(b, a.seal("b", bytes("2")), SECOND / 10)))
        .isEqualTo(Opened.Reason.NOT_PROVEN_YET);
    answer(open(b, a.seal("b", bytes("3")), SECOND));
  }

  @Test
  void aDatagramForAnotherNodeIsNotTaken() {
    Sealing c = new Sealing("c", 33, first, random);
    prove(a, "a", c, "c");
    assertThat(dropped(open(c, a.seal("b", bytes("x")))))
        .isEqualTo(Opened.Reason.NOT_FOR_THIS_NODE);
  }

  @Test
  void whoHasNoKeyIsNotHeard() {
    Sealing stranger = new Sealing("a", 11, ring(2), random);
    assertThat(dropped(open(b, stranger.seal("b", bytes("x")))))
        .isEqualTo(Opened.Reason.UNKNOWN_KEY);
    byte[] other = new byte[32];
    Sealing guessing = new Sealing("a", 11, new Keyring(new TreeMap<>(Map.of(1, other))), random);
    assertThat(dropped(open(b, guessing.seal("b", bytes("x"))))).isEqualTo(Opened.Reason.FORGED);
  }

  @Test
  void keysChangeWithoutAGapInAnyOrder() {
    prove(a, "a", b, "b");
    prove(b, "b", a, "a");
    int[][][] steps = {
      {{1, 2}, {1}},
      {{1, 2}, {1, 2}},
      {{1, 2}, {2}},
      {{2}, {2}},
      {{2}, {2, 3}},
      {{2, 3}, {2, 3}},
      {{2, 3}, {3}},
      {{3}, {3}},
    };
    for (int[][] step : steps) {
      a.keys(ring(step[0]));
      b.keys(ring(step[1]));
      for (int i = 0; i < 3; i++) {
        takes(b, a.seal("b", bytes("from a")), "from a");
        takes(a, b.seal("a", bytes("from b")), "from b");
      }
    }
    assertThat(a.dropped()).isEmpty();
  }

  @Test
  void aProcessThatStartsWhileKeysChangeIsHeard() {
    int[][][] rings = {{{1, 2}, {1}}, {{1}, {1, 2}}, {{1, 2}, {2}}, {{2}, {1, 2}}};
    for (int[][] each : rings) {
      Sealing running = new Sealing("a", 11, ring(each[0]), random);
      Sealing before = new Sealing("b", 22, ring(each[0]), random);
      prove(before, "b", running, "a");
      prove(running, "a", before, "b");
      takes(running, before.seal("a", bytes("newest key")), "newest key");
      Sealing started = new Sealing("b", 23, ring(each[1]), random);
      // Each says something now and then; whatever is answered is delivered.
      for (int i = 0; i < 4; i++) {
        deliver(running, "b", started, i * SECOND);
        deliver(started, "a", running, i * SECOND);
      }
      takes(started, running.seal("b", bytes("from a")), "from a");
      takes(running, started.seal("a", bytes("from b")), "from b");
    }
  }

  private static void deliver(Sealing from, String to, Sealing at, long now) {
    Opened opened = at.open(from.seal(to, bytes("x")), now);
    if (opened instanceof Opened.Ask(_, var question)
        && from.open(question, now) instanceof Opened.Prove(_, var proof)) {
      at.open(proof, now);
    }
  }

  @Test
  void aShortKeyIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Keyring(new TreeMap<>(Map.of(1, new byte[31]))))
        .withMessageContaining("31 bytes");
    assertThat(ring(1, 2).toString()).isEqualTo("keys [1, 2]");
  }
}
