package dev.thresher.vip.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class NetlinkMessageTest {

  @Test
  void writesHeaderAndPaddingAsTheKernelWantsThem() {
    NetlinkMessage message =
        NetlinkMessage.request(0x14, NetlinkMessage.ACK, new byte[] {1, 2, 3, 4, 5})
            .withSequence(0x11223344);
    assertThat(HexFormat.of().formatHex(NetlinkMessage.encode(List.of(message))))
        .isEqualTo("15000000" + "1400" + "0500" + "44332211" + "00000000" + "0102030405000000");
  }

  @Property(tries = 300)
  void readsWhatItWrote(@ForAll List<byte[]> payloads) {
    List<NetlinkMessage> messages =
        payloads.stream()
            .map(payload -> NetlinkMessage.request(0xa12, NetlinkMessage.DUMP, payload))
            .toList();
    byte[] datagram = NetlinkMessage.encode(messages);
    assertThat(NetlinkMessage.decode(datagram, datagram.length)).isEqualTo(messages);
  }

  @Property(tries = 2000)
  void foreignOctetsAreAMessageOrAMalformedOne(@ForAll byte[] octets) {
    try {
      for (NetlinkMessage message : NetlinkMessage.decode(octets, octets.length)) {
        Attributes.read(message.body());
      }
    } catch (MalformedNetlinkException e) {
      assertThat(e).hasMessageContaining("claims length");
    }
  }

  @Test
  void refusesALengthBeyondTheDatagram() {
    byte[] datagram = NetlinkMessage.encode(List.of(NetlinkMessage.request(1, 0, new byte[8])));
    datagram[0]++;
    assertThatExceptionOfType(MalformedNetlinkException.class)
        .isThrownBy(() -> NetlinkMessage.decode(datagram, datagram.length));
  }

  @Test
  void readsErrorCodesAsPositiveNumbers() {
    ByteBuffer payload = ByteBuffer.wrap(HexFormat.of().parseHex("efffffff"));
    assertThat(new NetlinkMessage(NetlinkMessage.ERROR, 0, 0, 0, payload).error()).isEqualTo(17);
  }

  @Test
  void nestsAttributesAndKeepsByteOrders() {
    byte[] written =
        new AttributeWriter()
            .raw((byte) 9)
            .string(1, "eth0")
            .nested(2, inner -> inner.networkInt(1, 0x01020304).networkLong(2, 5).octet(3, 7))
            .hostInt(3, 0x01020304)
            .toBytes();
    assertThat(HexFormat.of().formatHex(written))
        .isEqualTo(
            "09000000"
                + "0900010065746830"
                + "00000000"
                + "20000280"
                + "0800010001020304"
                + "0c0002000000000000000005"
                + "0500030007000000"
                + "0800030004030201");
    ByteBuffer body = ByteBuffer.wrap(written);
    Attributes read = Attributes.read(body.position(4));
    assertThat(read.string(1)).contains("eth0");
    assertThat(read.hostInt(3)).hasValue(0x01020304);
    assertThat(read.nested(2).orElseThrow().bytes(1)).contains(new byte[] {1, 2, 3, 4});
    assertThat(read.nested(4)).isEmpty();
  }
}
