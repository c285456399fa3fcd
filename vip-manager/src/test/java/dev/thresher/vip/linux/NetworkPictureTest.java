package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netlink.AttributeWriter;
import dev.thresher.vip.netlink.NetlinkMessage;
import dev.thresher.vip.packet.MacAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// From what a kernel said, see [Recorded].
class NetworkPictureTest {
  private static final Link D0 =
      new Link(3, "d0", MacAddress.parse("02:00:00:00:00:07"), true, true, true, 1400, 0, "veth");

  private final NetworkPicture picture = new NetworkPicture();

  @BeforeEach
  void list() {
    picture.replaceLinks(recorded("link"));
    picture.replaceAddresses(recorded("addr"));
    picture.replaceRoutes(recorded("route"));
  }

  @Test
  void readsLinksOfAllKinds() {
    MacAddress port = MacAddress.parse("02:00:00:00:00:08");
    assertThat(picture.snapshot().links())
        .containsExactly(
            new Link(1, "lo", MacAddress.ZERO, false, false, false, 65536, 0, ""),
            new Link(2, "br7", port, true, false, false, 1500, 0, "bridge"),
            D0,
            new Link(4, "d1", port, true, false, false, 1500, 2, "veth", true, Vlans.NONE),
            new Link(5, "t0", null, false, false, false, 1500, 0, "tun"));
    assertThat(D0.running()).isTrue();
  }

  @Test
  void readsTheIdOfAVlanInterfaceAndWhetherABridgeFilters() {
    assertThat(made(7, "vlan", new AttributeWriter().bytes(1, (byte) 0x2c, (byte) 1)).vlans())
        .isEqualTo(new Vlans(false, List.of(new Vlans.Range(300, 300))));
    assertThat(made(8, "bridge", new AttributeWriter().octet(7, 1)).vlans())
        .isEqualTo(new Vlans(true, List.of()));
    assertThat(made(9, "bridge", new AttributeWriter().octet(7, 0)).vlans()).isEqualTo(Vlans.NONE);
    assertThat(made(9, "vlan", new AttributeWriter().octet(1, 7)).vlans()).isEqualTo(Vlans.NONE);
  }

  /// `IFLA_EVENT` as the kernel appends it to what it says of a link.
  @Test
  void countsWhatMustBeAnnouncedAgain() {
    picture.apply(event(3, "3"));
    assertThat(picture.snapshot().moves()).isEqualTo(Map.of(3, 1));
    picture.apply(event(3, "4"));
    picture.apply(event(2, "4"));
    assertThat(picture.snapshot().moves()).isEqualTo(Map.of(3, 2, 2, 1));
    for (String other : List.of("0", "1", "2", "5", "6")) {
      picture.apply(event(3, other));
    }
    picture.apply(recorded("link").get(2));
    assertThat(picture.snapshot().moves()).isEqualTo(Map.of(3, 2, 2, 1));
    picture.apply(as(RouteMessages.DELETE_LINK, recorded("link").get(2)));
    assertThat(picture.snapshot().moves()).isEqualTo(Map.of(2, 1));
  }

  private static NetlinkMessage event(int index, String event) {
    return NetlinkMessage.request(
        RouteMessages.NEW_LINK,
        0,
        HexFormat.of()
            .parseHex(
                "00000100"
                    + "0"
                    + index
                    + "000000"
                    + "43100100"
                    + "00000000"
                    + "08002c00"
                    + "0"
                    + event
                    + "000000"));
  }

  @Test
  void followsTheVlansThatABridgeLetsThroughAPort() {
    picture.replaceBridgePorts(List.of(port(RouteMessages.NEW_LINK, 4, "0600" + "0100")));
    assertThat(vlans()).hasToString("[1]");
    picture.apply(
        port(RouteMessages.NEW_LINK, 4, "0600" + "0100", "0800" + "6400", "1000" + "c700"));
    assertThat(vlans()).hasToString("[1, 100-199]");
    // A message of the bridge's that says nothing of VLANs, and one that is cut off.
    picture.apply(new NetlinkMessage(RouteMessages.NEW_LINK, 0, 0, 0, fixed(7, 4)));
    picture.apply(port(RouteMessages.NEW_LINK, 4, "0600" + "0100", "08"));
    assertThat(vlans()).hasToString("[1]");
    picture.apply(port(RouteMessages.DELETE_LINK, 4, "0600" + "0100"));
    assertThat(vlans()).isEmpty();
    picture.apply(port(RouteMessages.NEW_LINK, 4, "0600" + "0700"));
    picture.apply(as(RouteMessages.DELETE_LINK, recorded("link").get(3)));
    picture.apply(as(RouteMessages.NEW_LINK, recorded("link").get(3)));
    assertThat(vlans()).isEmpty();
  }

  private List<Vlans.Range> vlans() {
    return picture.snapshot().link("d1").orElseThrow().vlans().ids();
  }

  private static Link made(int index, String kind, AttributeWriter data) {
    byte[] payload =
        new AttributeWriter()
            .raw(fixed(0, index).array())
            .string(3, "x" + index)
            .nested(18, info -> info.string(1, kind).bytes(2, data.toBytes()))
            .toBytes();
    return RouteMessages.link(NetlinkMessage.request(RouteMessages.NEW_LINK, 0, payload))
        .orElseThrow();
  }

  /// What a bridge says of a port (`struct bridge_vlan_info` in hexadecimal).
  private static NetlinkMessage port(int type, int index, String... vlans) {
    byte[] payload =
        new AttributeWriter()
            .raw(fixed(7, index).array())
            .nested(
                26,
                spec -> {
                  for (String vlan : vlans) {
                    spec.bytes(2, HexFormat.of().parseHex(vlan));
                  }
                })
            .toBytes();
    return NetlinkMessage.request(type, 0, payload);
  }

  private static ByteBuffer fixed(int family, int index) {
    byte[] fixed = new byte[16];
    fixed[0] = (byte) family;
    fixed[4] = (byte) index;
    return ByteBuffer.wrap(fixed);
  }

  @Test
  void readsAddressesOfBothFamilies() {
    assertThat(picture.snapshot().addresses())
        .containsExactly(
            new InterfaceAddress(3, ip("192.0.2.10"), 24, 0),
            new InterfaceAddress(3, ip("2001:db8::10"), 64, 0),
            new InterfaceAddress(3, ip("fe80::ff:fe00:7"), 64, 3));
    assertThat(picture.snapshot().ownerOf(ip("2001:db8::10"))).contains(D0);
    assertThat(picture.snapshot().ownerOf(ip("192.0.2.11"))).isEmpty();
  }

  @Test
  void readsUnicastRoutesWithoutTheLocalTable() {
    assertThat(picture.snapshot().routes())
        .containsExactlyInAnyOrder(
            new Route(ip("198.51.100.0"), 24, ip("fe80::99"), 3, 777, 0, 3),
            new Route(ip("0.0.0.0"), 0, ip("192.0.2.1"), 3, 254, 50, 4),
            new Route(ip("192.0.2.0"), 24, null, 3, 254, 0, 2),
            new Route(ip("2001:db8::"), 64, null, 3, 254, 256, 2),
            new Route(ip("fe80::"), 64, null, 3, 254, 256, 2),
            new Route(ip("::"), 0, ip("fe80::1"), 3, 254, 9, 3));
    assertThat(picture.snapshot().routes().stream().filter(Route::isDefault)).hasSize(2);
  }

  @Test
  void readsNeighbors() {
    assertThat(
            recorded("neigh").stream()
                .flatMap(message -> RouteMessages.neighbor(message).stream())
                .filter(neighbor -> neighbor.address().equals(ip("192.0.2.5"))))
        .containsExactly(
            new Neighbor(3, ip("192.0.2.5"), MacAddress.parse("02:00:00:00:00:55"), 0x80));
  }

  @Test
  void readsEachHopOfAMultipathRoute() {
    byte[] fixed = {2, 0, 0, 0, (byte) 254, 3, 0, 1, 0, 0, 0, 0};
    byte[] hops =
        HexFormat.of()
            .parseHex(
                "10000000"
                    + "03000000"
                    + "08000500"
                    + "c0000201"
                    + "10000001"
                    + "04000000"
                    + "08000500"
                    + "c6336401");
    NetlinkMessage message =
        NetlinkMessage.request(
            RouteMessages.NEW_ROUTE,
            0,
            new AttributeWriter().raw(fixed).hostInt(6, 7).bytes(9, hops).toBytes());
    assertThat(RouteMessages.route(message))
        .containsExactly(
            new Route(ip("0.0.0.0"), 0, ip("192.0.2.1"), 3, 254, 7, 3),
            new Route(ip("0.0.0.0"), 0, ip("198.51.100.1"), 4, 254, 7, 3));
  }

  @Test
  void forgetsADeletedAddressAndTakesANewOne() {
    NetlinkMessage address = recorded("addr").getFirst();
    assertThat(picture.apply(as(RouteMessages.DELETE_ADDRESS, address)))
        .isEqualTo(NetworkPicture.Missing.NOTHING);
    assertThat(picture.snapshot().ownerOf(ip("192.0.2.10"))).isEmpty();
    picture.apply(as(RouteMessages.NEW_ADDRESS, address));
    assertThat(picture.snapshot().ownerOf(ip("192.0.2.10"))).contains(D0);
  }

  @Test
  void aDeletedLinkTakesItsAddressesAlong() {
    assertThat(picture.apply(as(RouteMessages.DELETE_LINK, recorded("link").get(2))))
        .isEqualTo(NetworkPicture.Missing.ROUTES);
    assertThat(picture.snapshot().link("d0")).isEmpty();
    assertThat(picture.snapshot().addresses()).isEmpty();
  }

  @Test
  void aLinkThatGoesDownNeedsTheRoutesAgainBecauseTheKernelDoesNotSayThatTheyWent() {
    NetlinkMessage down = recorded("link").get(2);
    byte[] payload = octets(down);
    payload[8] &= ~1;
    assertThat(picture.apply(with(down, payload))).isEqualTo(NetworkPicture.Missing.ROUTES);
    assertThat(picture.snapshot().link("d0").orElseThrow().running()).isFalse();
  }

  @Test
  void aRouteEventNeedsTheRoutesAgainUnlessItIsOfTheLocalTable() {
    for (NetlinkMessage route : recorded("route")) {
      boolean shown = !RouteMessages.route(route).isEmpty();
      assertThat(picture.apply(as(RouteMessages.NEW_ROUTE, route)))
          .isEqualTo(shown ? NetworkPicture.Missing.ROUTES : NetworkPicture.Missing.NOTHING);
    }
  }

  @Test
  void aPortThatLeavesItsBridgeIsNotADeletedLink() {
    NetlinkMessage link = recorded("link").get(3);
    byte[] payload = octets(link);
    payload[0] = 7;
    picture.apply(as(RouteMessages.DELETE_LINK, with(link, payload)));
    assertThat(picture.snapshot().link("d1")).isPresent();
  }

  @Test
  void eventsThatAreOlderThanTheListEndInTheSamePicture() {
    LinuxNetwork before = picture.snapshot();
    NetlinkMessage address = recorded("addr").getFirst();
    picture.apply(as(RouteMessages.NEW_ADDRESS, address));
    picture.apply(as(RouteMessages.DELETE_ADDRESS, address));
    picture.apply(as(RouteMessages.NEW_ADDRESS, address));
    assertThat(picture.snapshot().addresses())
        .containsExactlyInAnyOrderElementsOf(before.addresses());
  }

  private static byte[] octets(NetlinkMessage message) {
    byte[] octets = new byte[message.payload().remaining()];
    message.body().get(octets);
    return octets;
  }

  private static NetlinkMessage with(NetlinkMessage message, byte[] payload) {
    return new NetlinkMessage(message.type(), 0, 0, 0, ByteBuffer.wrap(payload));
  }

  private static NetlinkMessage as(int type, NetlinkMessage message) {
    return new NetlinkMessage(type, 0, 0, 0, message.payload());
  }

  private static List<NetlinkMessage> recorded(String kind) {
    return Recorded.messages(kind);
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
