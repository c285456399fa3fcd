package dev.thresher.vip.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.vip.sealing.GreetingSeal;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MeshCodecTest {

  @Provide
  Arbitrary<MeshMessage> messages() {
    Arbitrary<Long> number = Arbitraries.longs();
    Arbitrary<String> name = Arbitraries.strings().ascii().ofMinLength(1).ofMaxLength(200);
    Arbitrary<String> process = Arbitraries.strings().alpha().numeric().ofMinLength(1);
    Arbitrary<MeshMessage.Hello> hello =
        Combinators.combine(name, process, number)
            .as((node, by, session) -> new MeshMessage.Hello(1, node, by, session));
    Arbitrary<Integer> key = Arbitraries.integers();
    return Arbitraries.oneOf(
        number.map(MeshMessage.Ping::new),
        number.map(MeshMessage.Pong::new),
        number.map(MeshMessage.RecordAt::new),
        hello.map(MeshMessage.class::cast),
        Combinators.combine(name, key, bytes(GreetingSeal.NONCE))
            .as((node, newest, nonce) -> new MeshMessage.Challenge(1, node, newest, nonce)),
        Combinators.combine(hello, key, bytes(GreetingSeal.LENGTH)).as(MeshMessage.Proven::new));
  }

  private static Arbitrary<ByteBuffer> bytes(int length) {
    return Arbitraries.bytes().array(byte[].class).ofSize(length).map(ByteBuffer::wrap);
  }

  @Property(tries = 300)
  void whatIsEncodedIsDecodedHoweverItIsCut(
      @ForAll("messages") MeshMessage message, @ForAll("messages") MeshMessage next)
      throws MeshCodec.MalformedException {
    ByteBuffer one = MeshCodec.encode(message);
    ByteBuffer two = MeshCodec.encode(next);
    ByteBuffer both = ByteBuffer.allocate(one.remaining() + two.remaining());
    both.put(one).put(two).flip();
    for (int cut = 0; cut < both.limit(); cut++) {
      ByteBuffer part = both.slice(0, cut);
      int whole = 0;
      while (MeshCodec.decode(part).isPresent()) {
        whole++;
      }
      assertThat(whole).isLessThan(2);
    }
    assertThat(MeshCodec.decode(both)).contains(message);
    assertThat(MeshCodec.decode(both)).contains(next);
    assertThat(MeshCodec.decode(both)).isEmpty();
    assertThat(both.hasRemaining()).isFalse();
  }

  @Property(tries = 2000)
  void anyBytesAreMessagesOrMalformed(@ForAll @Size(max = 64) byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      while (MeshCodec.decode(in).isPresent()) {
        assertThat(in.position()).isLessThanOrEqualTo(in.limit());
      }
    } catch (MeshCodec.MalformedException expected) {
      assertThat(expected).hasMessageMatching("(?s).+");
    }
  }

  @Property(tries = 300)
  void aMessageOfWhichTheEndIsMissingIsMalformed(@ForAll("messages") MeshMessage message) {
    ByteBuffer whole = MeshCodec.encode(message);
    for (int length = 1; length < whole.remaining() - 2; length++) {
      ByteBuffer shorter = ByteBuffer.allocate(2 + length);
      shorter.putShort((short) length).put(whole.slice(2, length)).flip();
      assertThatThrownBy(() -> MeshCodec.decode(shorter))
          .isInstanceOf(MeshCodec.MalformedException.class);
    }
  }

  @Property(tries = 300)
  void aMessageWithChangedBytesIsReadOrMalformed(
      @ForAll("messages") MeshMessage message, @ForAll long seed) {
    ByteBuffer frame = MeshCodec.encode(message);
    Random random = new Random(seed);
    for (int i = 0; i < 3; i++) {
      frame.put(2 + random.nextInt(frame.remaining() - 2), (byte) random.nextInt());
    }
    try {
      while (MeshCodec.decode(frame).isPresent()) {
        assertThat(frame.position()).isLessThanOrEqualTo(frame.limit());
      }
    } catch (MeshCodec.MalformedException expected) {
      assertThat(expected).hasMessageMatching("(?s).+");
    }
  }

  @Test
  void unknownKindsAreSkippedAndLongerMessagesTolerated() throws Exception {
    ByteBuffer ping = MeshCodec.encode(new MeshMessage.Ping(7));
    ByteBuffer in = ByteBuffer.allocate(64);
    in.putShort((short) 3).put((byte) 99).put((byte) 1).put((byte) 2);
    in.putShort((short) (ping.remaining() - 2 + 1)).put(ping.slice(2, ping.remaining() - 2));
    in.put((byte) 55).flip();
    assertThat(MeshCodec.decode(in)).contains(new MeshMessage.Ping(7));
    assertThat(in.hasRemaining()).isFalse();
  }

  @Test
  void framesThatAreTooLongOrEmptyAreMalformed() {
    for (int length : List.of(0, MeshCodec.MAX_FRAME + 1, 0xffff)) {
      ByteBuffer in = ByteBuffer.allocate(4).putShort((short) length).putShort((short) 0).flip();
      assertThatThrownBy(() -> MeshCodec.decode(in))
          .isInstanceOf(MeshCodec.MalformedException.class)
          .hasMessageContaining(String.valueOf(length));
    }
  }
}
