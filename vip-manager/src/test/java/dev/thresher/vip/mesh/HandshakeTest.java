package dev.thresher.vip.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.vip.mesh.Handshake.Reason;
import dev.thresher.vip.mesh.Handshake.Side;
import dev.thresher.vip.mesh.Handshake.UnprovenException;
import dev.thresher.vip.sealing.GreetingSeal;
import dev.thresher.vip.sealing.Keyring;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final MeshMessage.Hello A = new MeshMessage.Hello(1, "a", "pa", 1);
  private static final MeshMessage.Hello B = new MeshMessage.Hello(1, "b", "pb", 1);

  private final GreetingSeal seal = seal("1");

  /// A seal with the keys of these numbers.
  static GreetingSeal seal(String numbers) {
    return new GreetingSeal(ring(numbers));
  }

  static Keyring ring(String numbers) {
    SortedMap<Integer, byte[]> keys = new TreeMap<>();
    for (String number : numbers.split(" ", -1)) {
      byte[] key = new byte[Keyring.SHORTEST_KEY];
      Arrays.fill(key, Byte.parseByte(number));
      keys.put(Integer.parseInt(number), key);
    }
    return new Keyring(keys);
  }

  /// Both ends of a connection from node a to node b, after the challenges.
  private record Ends(Handshake a, Handshake b) {
    static Ends of(GreetingSeal ofA, GreetingSeal ofB) throws MeshCodec.MalformedException {
      Handshake a = new Handshake(Side.DIALLED, "a", ofA, RANDOM);
      Handshake b = new Handshake(Side.ACCEPTED, "b", ofB, RANDOM);
      a.challenged(b.challenge());
      b.challenged(a.challenge());
      return new Ends(a, b);
    }
  }

  private void refuses(Handshake reader, MeshMessage.Proven greeting, Reason reason) {
    assertThatExceptionOfType(UnprovenException.class)
        .isThrownBy(() -> reader.believe(greeting, seal))
        .satisfies(e -> assertThat(e.reason).isEqualTo(reason));
  }

  @Test
  void eachBelievesTheOtherAndLaterGreetingsToo() throws Exception {
    Ends ends = Ends.of(seal, seal);
    ends.b.believe(ends.a.prove(A, seal), seal);
    for (int session = 1; session < 4; session++) {
      ends.a.believe(ends.b.prove(new MeshMessage.Hello(1, "b", "pb", session), seal), seal);
    }
    assertThat(ends.a.believed()).isTrue();
    assertThat(ends.b.believed()).isTrue();
  }

  @Test
  void aRecordingIsOfNoUseOnAnotherConnectionOrTwiceOnOne() throws Exception {
    Ends recorded = Ends.of(seal, seal);
    MeshMessage.Proven ofA = recorded.a.prove(A, seal);
    MeshMessage.Proven ofB = recorded.b.prove(B, seal);
    Ends ends = Ends.of(seal, seal);
    refuses(ends.a, ofB, Reason.FORGED);
    refuses(ends.b, ofA, Reason.FORGED);
    recorded.a.believe(ofB, seal);
    refuses(recorded.a, ofB, Reason.FORGED);
    assertThat(ends.a.believed() || ends.b.believed()).isFalse();
  }

  @Test
  void aGreetingIsNotSentBackToWhoSaidIt() throws Exception {
    // Somebody says "a" to a, with the nonce that a itself gave.
    Handshake dialled = new Handshake(Side.DIALLED, "a", seal, RANDOM);
    Handshake accepted = new Handshake(Side.ACCEPTED, "a", seal, RANDOM);
    dialled.challenged(accepted.challenge());
    accepted.challenged(dialled.challenge());
    refuses(dialled, dialled.prove(A, seal), Reason.FORGED);
    refuses(accepted, accepted.prove(A, seal), Reason.FORGED);
  }

  @Test
  void noFieldCanBeChanged() throws Exception {
    Ends ends = Ends.of(seal, seal);
    MeshMessage.Proven said = ends.b.prove(B, seal);
    for (MeshMessage.Hello changed :
        new MeshMessage.Hello[] {
          new MeshMessage.Hello(2, "b", "pb", 1),
          new MeshMessage.Hello(1, "b", "pc", 1),
          new MeshMessage.Hello(1, "b", "pb", 2)
        }) {
      refuses(ends.a, new MeshMessage.Proven(changed, said.key(), said.proof()), Reason.FORGED);
    }
    byte[] proof = new byte[GreetingSeal.LENGTH];
    said.proof().duplicate().get(proof);
    for (int bit = 0; bit < 8 * proof.length; bit++) {
      byte[] other = proof.clone();
      other[bit / 8] ^= (byte) (1 << bit % 8);
      refuses(ends.a, new MeshMessage.Proven(B, said.key(), ByteBuffer.wrap(other)), Reason.FORGED);
    }
    refuses(
        ends.a,
        new MeshMessage.Proven(B, said.key(), ByteBuffer.wrap(proof, 0, 16)),
        Reason.FORGED);
    ends.a.believe(said, seal);
  }

  @Test
  void theNodeOfTheChallengeIsTheNodeOfTheGreeting() throws Exception {
    Ends ends = Ends.of(seal, seal);
    MeshMessage.Proven other = ends.b.prove(new MeshMessage.Hello(1, "c", "pb", 1), seal);
    assertThatThrownBy(() -> ends.a.believe(other, seal))
        .isInstanceOf(MeshCodec.MalformedException.class)
        .hasMessageContaining("node c");
    MeshMessage.Challenge again = ends.b.challenge();
    assertThatThrownBy(() -> ends.a.challenged(again))
        .isInstanceOf(MeshCodec.MalformedException.class);
  }

  @Test
  void aGreetingBeforeTheChallengeIsNotBelieved() throws Exception {
    Handshake early = new Handshake(Side.DIALLED, "a", seal, RANDOM);
    MeshMessage.Proven greeting = Ends.of(seal, seal).b.prove(B, seal);
    assertThatThrownBy(() -> early.believe(greeting, seal))
        .isInstanceOf(MeshCodec.MalformedException.class);
    assertThatThrownBy(() -> early.prove(A, seal)).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "1, 1 2, 1", "1 2, 1, 1", "1 2, 1 2, 2", "1 2, 2, 2", "2, 1 2, 2"})
  void keysChangeWithoutAGapInAnyOrder(String ofA, String ofB, int used) throws Exception {
    Ends ends = Ends.of(seal(ofA), seal(ofB));
    MeshMessage.Proven greeting = ends.a.prove(A, seal(ofA));
    ends.b.believe(greeting, seal(ofB));
    MeshMessage.Proven answer = ends.b.prove(B, seal(ofB));
    ends.a.believe(answer, seal(ofA));
    assertThat(greeting.key()).isEqualTo(used);
    assertThat(answer.key()).isEqualTo(used);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "2 3"})
  void aKeyThatIsNotOnTheRingProvesNothing(String other) throws Exception {
    Ends ends = Ends.of(seal, seal(other));
    refuses(ends.a, ends.b.prove(B, seal(other)), Reason.UNKNOWN_KEY);
    MeshMessage.Proven renumbered = ends.b.prove(B, seal(other));
    refuses(ends.a, new MeshMessage.Proven(B, 1, renumbered.proof()), Reason.FORGED);
  }

  @Test
  void aSealWithTheKeyItselfIsNone() {
    ByteBuffer said = ByteBuffer.wrap(new byte[] {1, 2, 3});
    assertThat(seal.fits(1, said, seal.seal(1, said))).isTrue();
    assertThat(seal("2").fits(2, said, seal.seal(1, said))).isFalse();
    assertThat(seal.fits(9, said, seal.seal(1, said))).isFalse();
    assertThatThrownBy(() -> seal.seal(9, said)).hasMessageContaining("keys [1]");
  }
}
