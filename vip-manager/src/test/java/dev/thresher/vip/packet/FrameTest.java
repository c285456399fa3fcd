package dev.thresher.vip.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Bytes in this test were recorded with `tcpdump -xx` from a Linux 6.18 kernel's own ARP, NDP and
/// ping, so that a mistake shared by reader and writer is seen.
class FrameTest {
  private static final MacAddress OURS = MacAddress.parse("02:00:00:00:00:01");
  private static final MacAddress THEIRS = MacAddress.parse("02:00:00:00:00:02");
  private static final Inet4Address V4 = (Inet4Address) ip("192.0.2.1");
  private static final Inet4Address PEER4 = (Inet4Address) ip("192.0.2.2");
  private static final Inet6Address V6 = (Inet6Address) ip("2001:db8::1");
  private static final Inet6Address PEER6 = (Inet6Address) ip("2001:db8::2");

  static Stream<Frame> frames() {
    ByteBuffer odd = ByteBuffer.wrap(new byte[] {1, 2, (byte) 0xff});
    return Stream.of(
        new Frame.Arp(
            new EthernetHeader(MacAddress.BROADCAST, THEIRS, EthernetHeader.ARP),
            new ArpPacket(ArpPacket.Operation.REQUEST, THEIRS, PEER4, MacAddress.ZERO, V4)),
        new Frame.Arp(
            new EthernetHeader(THEIRS, OURS, EthernetHeader.ARP),
            new ArpPacket(ArpPacket.Operation.REPLY, OURS, V4, THEIRS, PEER4)),
        new Frame.Solicitation(
            new EthernetHeader(
                IpBytes.groupMac(IpBytes.solicitedNode(V6)), THEIRS, EthernetHeader.IPV6),
            PEER6,
            IpBytes.solicitedNode(V6),
            255,
            new NeighborSolicitation(V6, THEIRS)),
        new Frame.Solicitation(
            new EthernetHeader(OURS, THEIRS, EthernetHeader.IPV6),
            PEER6,
            V6,
            64,
            new NeighborSolicitation(V6, null)),
        new Frame.Advertisement(
            new EthernetHeader(THEIRS, OURS, EthernetHeader.IPV6),
            V6,
            PEER6,
            255,
            new NeighborAdvertisement(V6, true, true, true, OURS)),
        new Frame.Advertisement(
            new EthernetHeader(IpBytes.groupMac(IpBytes.ALL_NODES), OURS, EthernetHeader.IPV6),
            V6,
            IpBytes.ALL_NODES,
            255,
            new NeighborAdvertisement(V6, false, false, true, null)),
        new Frame.Echo4(
            new EthernetHeader(OURS, THEIRS, EthernetHeader.IPV4),
            PEER4,
            V4,
            64,
            new IcmpEcho(true, 0x1234, 7, odd)),
        new Frame.Echo6(
            new EthernetHeader(THEIRS, OURS, EthernetHeader.IPV6),
            V6,
            PEER6,
            64,
            new IcmpEcho(false, 0xffff, 0xffff, odd)));
  }

  @ParameterizedTest
  @MethodSource("frames")
  void readsWhatItWrote(Frame frame) {
    byte[] bytes = frame.encode();
    assertThat(Frame.decode(bytes, bytes.length)).contains(frame);
  }

  @ParameterizedTest
  @MethodSource("frames")
  void ignoresPaddingAfterTheFrame(Frame frame) {
    byte[] bytes = frame.encode();
    byte[] padded = Arrays.copyOf(bytes, bytes.length + 18);
    Arrays.fill(padded, bytes.length, padded.length, (byte) 0xaa);
    assertThat(Frame.decode(padded, padded.length)).contains(frame);
  }

  @ParameterizedTest
  @MethodSource("frames")
  void refusesEveryTruncation(Frame frame) {
    byte[] bytes = frame.encode();
    for (int length = 0; length < bytes.length; length++) {
      assertThat(Frame.decode(bytes, length)).as("%d octets", length).isEmpty();
      assertThat(Frame.decode(Arrays.copyOf(bytes, length), length)).isEmpty();
    }
  }

  static Stream<Frame> framesWithChecksum() {
    return frames().filter(frame -> !(frame instanceof Frame.Arp));
  }

  @ParameterizedTest
  @MethodSource("framesWithChecksum")
  void seesEveryFlippedBitUnderTheChecksum(Frame frame) {
    byte[] bytes = frame.encode();
    for (int i = EthernetHeader.LENGTH + 8; i < bytes.length; i++) {
      byte[] broken = bytes.clone();
      broken[i] ^= 0x10;
      assertThat(Frame.decode(broken, broken.length)).as("octet %d", i).isNotEqualTo(frame);
    }
  }

  static Stream<Arguments> recorded() {
    ByteBuffer data = ByteBuffer.wrap(new byte[] {0, 1, 2, 3});
    return Stream.of(
        Arguments.of(
            "ffffffffffff 020000000002 0806 0001 0800 06 04 0001"
                + "020000000002 c0000202 000000000000 c0000201",
            new Frame.Arp(
                new EthernetHeader(MacAddress.BROADCAST, THEIRS, EthernetHeader.ARP),
                new ArpPacket(ArpPacket.Operation.REQUEST, THEIRS, PEER4, MacAddress.ZERO, V4))),
        Arguments.of(
            "3333ff000001 020000000002 86dd 60000000 0020 3aff 20010db8000000000000000000000002"
                + "ff0200000000000000000001ff000001 8700 1c27 00000000"
                + "20010db8000000000000000000000001 0101 020000000002",
            new Frame.Solicitation(
                new EthernetHeader(MacAddress.parse("33:33:ff:00:00:01"), THEIRS, 0x86dd),
                PEER6,
                (Inet6Address) ip("ff02::1:ff00:1"),
                255,
                new NeighborSolicitation(V6, THEIRS))),
        // Duplicate address detection with a nonce option (RFC 7527) in place of the source MAC.
        Arguments.of(
            "3333ff000003 020000000002 86dd 60000000 0020 3aff 00000000000000000000000000000000"
                + "ff0200000000000000000001ff000003 8700 44b8 00000000"
                + "20010db8000000000000000000000003 0e01 5b207dc8213f",
            new Frame.Solicitation(
                new EthernetHeader(MacAddress.parse("33:33:ff:00:00:03"), THEIRS, 0x86dd),
                IpBytes.ANY6,
                (Inet6Address) ip("ff02::1:ff00:3"),
                255,
                new NeighborSolicitation((Inet6Address) ip("2001:db8::3"), null))),
        Arguments.of(
            "020000000002 020000000001 86dd 60000000 0020 3aff 20010db8000000000000000000000001"
                + "20010db8000000000000000000000002 8800 8a73 60000000"
                + "20010db8000000000000000000000001 0201 020000000001",
            new Frame.Advertisement(
                new EthernetHeader(THEIRS, OURS, 0x86dd),
                V6,
                PEER6,
                255,
                new NeighborAdvertisement(V6, false, true, true, OURS))),
        Arguments.of(
            "020000000001 020000000002 86dd 60000000 0018 3aff 20010db8000000000000000000000002"
                + "fe80000000000000000000fffe000001 8800 deb4 40000000"
                + "20010db8000000000000000000000002",
            new Frame.Advertisement(
                new EthernetHeader(OURS, THEIRS, 0x86dd),
                PEER6,
                (Inet6Address) ip("fe80::ff:fe00:1"),
                255,
                new NeighborAdvertisement(PEER6, false, true, false, null))),
        Arguments.of(
            "020000000001 020000000002 0800 45000020 98b84000 4001 1e21 c0000202 c0000201"
                + "0800 e86e 0d8c 0001 00010203",
            new Frame.Echo4(
                new EthernetHeader(OURS, THEIRS, 0x0800),
                PEER4,
                V4,
                64,
                new IcmpEcho(true, 0x0d8c, 1, data))),
        Arguments.of(
            "020000000001 020000000002 86dd 600bc132 000c 3a40 20010db8000000000000000000000002"
                + "20010db8000000000000000000000001 8000 14b2 0d8d 0001 00010203",
            new Frame.Echo6(
                new EthernetHeader(OURS, THEIRS, 0x86dd),
                PEER6,
                V6,
                64,
                new IcmpEcho(true, 0x0d8d, 1, data))));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("recorded")
  void readsWhatTheKernelSent(String bytes, Frame frame) {
    byte[] recorded = hex(bytes);
    assertThat(Frame.decode(recorded, recorded.length)).contains(frame);
  }

  static Stream<Arguments> recordedWithoutNonce() {
    return recorded()
        .filter(row ->
            !(row.get()[1] instanceof Frame.Solicitation solicitation
                && solicitation.source().isAnyLocalAddress()));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("recordedWithoutNonce")
  void writesWhatTheKernelSends(String bytes, Frame frame) {
    byte[] recorded = hex(bytes);
    if (recorded[12] == 8 && recorded[13] == 0) {
      // The kernel numbers its IPv4 packets, which readers ignore.
      recorded[18] = 0;
      recorded[19] = 0;
      int checksum = 14 + 10;
      Octets.put16(recorded, checksum, 0);
      Octets.put16(recorded, checksum, Octets.fold(Octets.sum(recorded, 14, 20)));
    } else if (recorded[14] == 0x60) {
      // The flow label.
      Octets.put16(recorded, 14, 0x6000);
      Octets.put16(recorded, 16, 0);
    }
    assertThat(hexOf(frame.encode())).isEqualTo(hexOf(recorded));
  }

  @Test
  void refusesOptionsOfLengthZero() {
    byte[] bytes = frames().toList().get(2).encode();
    bytes[bytes.length - 7] = 0;
    // The option's length went from 1 to 0: put the checksum right again.
    int sum = Octets.u16(bytes, 56) + 1;
    Octets.put16(bytes, 56, sum);
    assertThat(Frame.decode(bytes, bytes.length)).isEmpty();
  }

  @Test
  void refusesFragmentsOfAnEcho() {
    byte[] bytes = frames().toList().get(6).encode();
    bytes[EthernetHeader.LENGTH + 6] = 0x20;
    Octets.put16(bytes, EthernetHeader.LENGTH + 10, 0);
    Octets.put16(
        bytes,
        EthernetHeader.LENGTH + 10,
        Octets.fold(Octets.sum(bytes, EthernetHeader.LENGTH, Ipv4Header.LENGTH)));
    assertThat(Frame.decode(bytes, bytes.length)).isEmpty();
  }

  @Test
  void mapsAddressesToTheirGroups() {
    Inet6Address address = (Inet6Address) ip("2001:db8::aabb:ccdd");
    assertThat(IpBytes.solicitedNode(address)).isEqualTo(ip("ff02::1:ffbb:ccdd"));
    assertThat(IpBytes.groupMac(IpBytes.solicitedNode(address))).hasToString("33:33:ff:bb:cc:dd");
  }

  @Test
  void refusesMalformedMacAddresses() {
    assertThatIllegalArgumentException().isThrownBy(() -> MacAddress.parse("02:00:00:00:00"));
    assertThatIllegalArgumentException().isThrownBy(() -> MacAddress.parse("02:00:00:00:00:0g"));
    assertThatIllegalArgumentException().isThrownBy(() -> new MacAddress(1L << 48));
    assertThat(MacAddress.parse("02-00-5E-00-00-ff")).hasToString("02:00:5e:00:00:ff");
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  private static String hexOf(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
