package dev.thresher.vip.majority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.thresher.vip.lease.LeaseCodec;
import dev.thresher.vip.lease.LeaseCodec.MalformedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PiecesTest {

  private static final String A = "a";

  private final Pieces sender = new Pieces();
  private final Pieces receiver = new Pieces();

  /// Begins with no octet of a piece.
  private static byte[] message(int length, int seed) {
    byte[] message = new byte[length];
    new Random(seed).nextBytes(message);
    message[0] = 3;
    return message;
  }

  /// What comes out, in order.
  private List<byte[]> join(long process, List<ByteBuffer> payloads) throws MalformedException {
    List<byte[]> messages = new ArrayList<>();
    for (ByteBuffer payload : payloads) {
      receiver
          .join(A, process, payload.duplicate())
          .ifPresent(whole -> {
            byte[] bytes = new byte[whole.remaining()];
            whole.get(bytes);
            messages.add(bytes);
          });
    }
    return messages;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 59_999, 60_000, 60_001, 119_974, 119_975, LeaseCodec.LONGEST})
  void whatIsCutIsJoined(int length) throws MalformedException {
    byte[] message = message(length, 1);
    List<ByteBuffer> pieces = sender.cut(message);
    assertThat(pieces).allMatch(piece -> piece.remaining() <= Pieces.DATAGRAM);
    assertThat(pieces).hasSizeLessThanOrEqualTo(Pieces.MOST);
    assertThat(join(1, pieces)).containsExactly(message);
  }

  @Test
  void whatFitsIntoADatagramIsThatDatagram() {
    byte[] message = message(60_000, 1);
    assertThat(sender.cut(message)).containsExactly(ByteBuffer.wrap(message));
  }

  @Test
  void orderDoesNotMatterAndCopiesAreNotHeardTwice() throws MalformedException {
    byte[] message = message(400_000, 1);
    List<ByteBuffer> pieces = new ArrayList<>(sender.cut(message));
    pieces.addAll(List.copyOf(pieces));
    Collections.shuffle(pieces, new Random(7));
    assertThat(join(1, pieces)).containsExactly(message);
  }

  @Test
  void aLostPieceLosesItsMessageOnly() throws MalformedException {
    List<ByteBuffer> first = new ArrayList<>(sender.cut(message(200_000, 1)));
    ByteBuffer late = first.remove(1);
    byte[] second = message(190_000, 2);
    assertThat(join(1, first)).isEmpty();
    assertThat(join(1, sender.cut(second))).containsExactly(second);
    assertThat(join(1, List.of(late))).isEmpty();
  }

  @Test
  void aLaterMessageOvertakesOneThatIsNotComplete() throws MalformedException {
    List<ByteBuffer> first = sender.cut(message(100_000, 1));
    byte[] second = message(100_000, 2);
    List<ByteBuffer> later = sender.cut(second);
    assertThat(
            join(1, List.of(first.get(0), later.get(0), first.get(1), first.get(0), later.get(1))))
        .containsExactly(second);
  }

  @Test
  void shortMessagesComeBetween() throws MalformedException {
    byte[] message = message(100_000, 1);
    List<ByteBuffer> pieces = sender.cut(message);
    byte[] between = message(20, 2);
    assertThat(join(1, List.of(pieces.get(0), ByteBuffer.wrap(between), pieces.get(1))))
        .containsExactly(between, message);
  }

  @Test
  void anotherProcessOfTheNodeBeginsAnew() throws MalformedException {
    byte[] old = message(100_000, 1);
    assertThat(join(1, sender.cut(message(100_000, 9)))).hasSize(1);
    List<ByteBuffer> half = sender.cut(old);
    assertThat(join(1, List.of(half.get(0)))).isEmpty();
    byte[] fresh = message(100_000, 2);
    assertThat(join(2, new Pieces().cut(fresh))).containsExactly(fresh);
    assertThat(join(2, List.of(half.get(1)))).isEmpty();
  }

  @Test
  void nodesDoNotMix() throws MalformedException {
    byte[] mine = message(100_000, 1);
    List<ByteBuffer> pieces = sender.cut(mine);
    byte[] other = message(100_000, 2);
    List<ByteBuffer> theirs = new Pieces().cut(other);
    assertThat(receiver.join("b", 1, theirs.get(0).duplicate())).isEmpty();
    assertThat(join(1, pieces)).containsExactly(mine);
    receiver.retain(Set.of(A));
    assertThat(receiver.join("b", 1, theirs.get(1).duplicate())).isEmpty();
    assertThat(receiver.join("b", 1, theirs.get(0).duplicate()))
        .isEqualTo(Optional.of(ByteBuffer.wrap(other)));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0, 1", "2, 2", "5, 3", "0, 18", "17, 18", "0, 65535"})
  void whatIsNoPieceIsRefused(int place, int count) {
    ByteBuffer piece = ByteBuffer.allocate(20);
    piece.put((byte) 127).putLong(1).putShort((short) place).putShort((short) count);
    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> receiver.join(A, 1, piece.rewind()))
        .withMessageContaining("piece " + place + " of " + count);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 12, 13})
  void aPieceWithoutAPartIsRefused(int length) {
    ByteBuffer piece = ByteBuffer.allocate(length).put((byte) 127).rewind();
    assertThatExceptionOfType(MalformedException.class)
        .isThrownBy(() -> receiver.join(A, 1, piece))
        .withMessageContaining(length + " bytes");
  }
}
