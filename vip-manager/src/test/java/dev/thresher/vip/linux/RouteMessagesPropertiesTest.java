package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netlink.MalformedNetlinkException;
import dev.thresher.vip.netlink.NetlinkMessage;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/// Whatever octets come as rtnetlink's messages: values that are sound, or the one refusal.
class RouteMessagesPropertiesTest {

  @Provide
  Arbitrary<byte[]> payloads() {
    Arbitrary<byte[]> random = Arbitraries.bytes().array(byte[].class).ofMaxSize(120);
    // What a kernel said, with octets changed, and cut off.
    Arbitrary<byte[]> mutated =
        Arbitraries.of(Recorded.datagrams(""))
            .flatMap(datagram ->
                Combinators.combine(
                        Arbitraries.integers()
                            .between(NetlinkMessage.HEADER, datagram.length - 1)
                            .list()
                            .ofMaxSize(6),
                        Arbitraries.bytes(),
                        Arbitraries.integers().between(NetlinkMessage.HEADER, datagram.length))
                    .as((places, value, end) -> {
                      byte[] copy = datagram.clone();
                      places.forEach(place -> copy[place] = value);
                      byte[] payload = new byte[end - NetlinkMessage.HEADER];
                      System.arraycopy(copy, NetlinkMessage.HEADER, payload, 0, payload.length);
                      return payload;
                    }));
    return Arbitraries.oneOf(random, mutated);
  }

  @Provide
  Arbitrary<Integer> types() {
    return Arbitraries.of(
        RouteMessages.NEW_LINK,
        RouteMessages.DELETE_LINK,
        RouteMessages.NEW_ADDRESS,
        RouteMessages.DELETE_ADDRESS,
        RouteMessages.NEW_ROUTE,
        RouteMessages.DELETE_ROUTE,
        RouteMessages.NEW_NEIGHBOR);
  }

  @Property(tries = 5000)
  void foreignOctetsAreSoundValuesOrMalformed(
      @ForAll @From("types") int type, @ForAll @From("payloads") byte[] payload) {
    NetlinkMessage message = NetlinkMessage.request(type, 0, payload);
    NetworkPicture picture = new NetworkPicture();
    try {
      picture.apply(message);
      if (type == RouteMessages.NEW_ROUTE) {
        picture.replaceRoutes(List.of(message));
      }
      RouteMessages.neighbor(message);
      RouteMessages.bridgePort(message);
    } catch (MalformedNetlinkException e) {
      assertThat(e).hasMessageContaining("claims length");
    }
    LinuxNetwork network = picture.snapshot();
    for (InterfaceAddress own : network.addresses()) {
      assertThat(own.prefixLength()).isBetween(0, bits(own.address()));
    }
    for (Route route : network.routes()) {
      assertThat(route.prefixLength()).isBetween(0, bits(route.destination()));
      assertThat(route.table()).isNotEqualTo(255);
    }
  }

  @Test
  void whatAKernelSaidIsNeverMalformed() {
    for (byte[] datagram : Recorded.datagrams("")) {
      for (NetlinkMessage message : NetlinkMessage.decode(datagram, datagram.length)) {
        new NetworkPicture().apply(message);
        assertThat(
                message.type() != RouteMessages.NEW_NEIGHBOR
                    || RouteMessages.neighbor(message).isPresent())
            .isTrue();
        assertThat(NetlinkMessage.encode(List.of(message)))
            .as("written again as it was read")
            .isEqualTo(datagram);
      }
    }
  }

  /// Nothing outside of the message is read: the same octets in a larger buffer, with other ones
  /// around them, are the same values.
  @Property(tries = 1000)
  void whatStandsAroundAMessageDoesNotMatter(
      @ForAll @From("types") int type,
      @ForAll @From("payloads") byte[] payload,
      @ForAll byte around) {
    ByteBuffer large = ByteBuffer.allocate(payload.length + 64);
    while (large.hasRemaining()) {
      large.put(around);
    }
    large.position(32).put(payload).flip().position(32);
    assertThat(read(new NetlinkMessage(type, 0, 0, 0, large)))
        .isEqualTo(read(NetlinkMessage.request(type, 0, payload)));
  }

  private static String read(NetlinkMessage message) {
    try {
      NetworkPicture picture = new NetworkPicture();
      picture.apply(message);
      picture.replaceRoutes(List.of(message));
      return picture.snapshot() + " " + RouteMessages.neighbor(message);
    } catch (MalformedNetlinkException e) {
      // Where it is malformed is counted from the buffer's beginning.
      return "malformed";
    }
  }

  private static int bits(InetAddress address) {
    return Byte.SIZE * address.getAddress().length;
  }
}
