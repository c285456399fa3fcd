package dev.thresher.vip.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;

/// Whatever is written as attributes is read as what it was; whatever octets are read are
/// attributes or malformed.
class AttributesPropertiesTest {

  sealed interface Value {
    int type();
  }

  record Octets(int type, String hex) implements Value {}

  record Text(int type, String text) implements Value {}

  record Count(int type, int number) implements Value {}

  record Nest(int type, List<Value> inside) implements Value {}

  @Provide
  Arbitrary<List<Value>> trees() {
    return level(3);
  }

  /// Types differ within a level: the last of a type wins when read.
  private static Arbitrary<List<Value>> level(int depth) {
    Arbitrary<Integer> type = Arbitraries.integers().between(1, 0x3fff);
    Arbitrary<Value> octets =
        Combinators.combine(type, Arbitraries.bytes().array(byte[].class).ofMaxSize(40))
            .as((t, b) -> new Octets(t, HexFormat.of().formatHex(b)));
    Arbitrary<Value> text =
        Combinators.combine(
                type, Arbitraries.strings().withCharRange('\u0001', '\u04ff').ofMaxLength(15))
            .as(Text::new);
    Arbitrary<Value> number = Combinators.combine(type, Arbitraries.integers()).as(Count::new);
    Arbitrary<Value> any =
        depth == 0
            ? Arbitraries.oneOf(octets, text, number)
            : Arbitraries.frequencyOf(
                Tuple.of(3, octets),
                Tuple.of(2, text),
                Tuple.of(2, number),
                Tuple.of(2, Combinators.combine(type, level(depth - 1)).as(Nest::new)));
    return any.list().ofMaxSize(4).uniqueElements(Value::type);
  }

  @Property(tries = 1000)
  void whatIsWrittenIsRead(@ForAll @From("trees") List<Value> tree) {
    AttributeWriter out = new AttributeWriter();
    write(tree, out);
    byte[] octets = out.toBytes();
    assertThat(octets.length % 4).isZero();
    check(tree, Attributes.read(ByteBuffer.wrap(octets)));
  }

  private static void write(List<Value> values, AttributeWriter out) {
    for (Value value : values) {
      switch (value) {
        case Octets(int type, String hex) -> out.bytes(type, HexFormat.of().parseHex(hex));
        case Text(int type, String text) -> out.string(type, text);
        case Count(int type, int number) -> out.hostInt(type, number);
        case Nest(int type, List<Value> inside) -> out.nested(type, inner -> write(inside, inner));
      }
    }
  }

  private static void check(List<Value> values, Attributes read) {
    for (Value value : values) {
      switch (value) {
        case Octets(int type, String hex) -> {
          assertThat(read.bytes(type)).contains(HexFormat.of().parseHex(hex));
          assertThat(read.all(type)).hasSize(1);
        }
        case Text(int type, String text) -> assertThat(read.string(type)).contains(text);
        case Count(int type, int number) -> assertThat(read.hostInt(type)).hasValue(number);
        case Nest(int type, List<Value> inside) -> check(inside, read.nested(type).orElseThrow());
      }
    }
  }

  @Property(tries = 3000)
  void anyOctetsAreAttributesOrMalformed(@ForAll byte[] octets, @ForAll byte type) {
    try {
      Attributes read = Attributes.read(ByteBuffer.wrap(octets));
      for (int wanted : List.of((int) type, 0, 1, 2)) {
        read.string(wanted);
        read.hostInt(wanted);
        assertThat(read.all(wanted).stream().mapToInt(ByteBuffer::remaining).sum())
            .isLessThanOrEqualTo(octets.length);
        read.nested(wanted);
      }
    } catch (MalformedNetlinkException e) {
      assertThat(e).hasMessageContaining("claims length");
    }
  }

  @Property(tries = 2000)
  void anyAnswerIsAnErrorOrMalformed(@ForAll byte[] payload, @ForAll boolean attributes) {
    NetlinkMessage message =
        new NetlinkMessage(
            NetlinkMessage.ERROR, attributes ? 0x200 : 0, 1, 0, ByteBuffer.wrap(payload));
    try {
      message.error();
      message.errorText();
    } catch (MalformedNetlinkException e) {
      assertThat(e).hasMessageContaining("netlink");
    }
  }

  @Test
  void readsTheKernelsOwnWords() {
    // An acknowledgement without the request, then the reason.
    byte[] payload =
        new AttributeWriter()
            .raw(HexFormat.of().parseHex("edffffff" + "2c00000018000504" + "0100000000000000"))
            .string(1, "no such device")
            .toBytes();
    NetlinkMessage message =
        new NetlinkMessage(NetlinkMessage.ERROR, 0x200, 1, 0, ByteBuffer.wrap(payload));
    assertThat(message.error()).isEqualTo(19);
    assertThat(message.errorText()).isEqualTo("no such device");
  }

  @Test
  void refusesWhatALengthCannotSay() {
    AttributeWriter out = new AttributeWriter();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> out.bytes(1, new byte[65532]))
        .withMessageContaining("65531");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new AttributeWriter()
                .nested(1, inner -> inner.bytes(1, new byte[40000]).bytes(2, new byte[30000])))
        .withMessageContaining("65535");
  }
}
