package dev.thresher.vip.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IcmpEcho;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.NeighborAdvertisement;
import dev.thresher.vip.packet.NeighborSolicitation;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The filters, run by a small machine as the kernel runs them.
class PacketFilterTest {
  private static final MacAddress MAC = new MacAddress(0x0200_0000_0001L);
  private static final Inet4Address V4 = IpBytes.readV4(new byte[] {10, 0, 0, 1}, 0);
  private static final Inet6Address V6 = IpBytes.ALL_NODES;

  static Stream<Arguments> frames() {
    byte[] request4 = echo4(true).encode();
    byte[] withOptions = new byte[request4.length + 4];
    System.arraycopy(request4, 0, withOptions, 0, 34);
    System.arraycopy(request4, 34, withOptions, 38, request4.length - 34);
    withOptions[14] = 0x46;
    return Stream.of(
        row("echo request", PacketFilter.ECHO_REQUESTS_V4, request4, true),
        row("echo request behind options", PacketFilter.ECHO_REQUESTS_V4, withOptions, true),
        row("echo reply", PacketFilter.ECHO_REQUESTS_V4, echo4(false).encode(), false),
        row("TCP", PacketFilter.ECHO_REQUESTS_V4, changed(request4, 23, 6), false),
        row("first fragment", PacketFilter.ECHO_REQUESTS_V4, changed(request4, 20, 0x20), false),
        row("later fragment", PacketFilter.ECHO_REQUESTS_V4, changed(request4, 21, 1), false),
        row("cut short", PacketFilter.ECHO_REQUESTS_V4, new byte[20], false),
        row("solicitation", discovery(), solicitation(), true),
        row("advertisement", discovery(), advertisement(), true),
        row("echo request 6", discovery(), echo6(true).encode(), true),
        row("echo reply 6", discovery(), echo6(false).encode(), false),
        row("router advertisement", discovery(), changed(solicitation(), 54, 134), false),
        row("UDP over IPv6", discovery(), changed(solicitation(), 20, 17), false),
        row("anything", PacketFilter.ALL, new byte[14], true));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("frames")
  void passesWhatIsWantedAndNothingElse(
      String name, PacketFilter filter, byte[] frame, boolean wanted) {
    assertThat(run(filter, frame) != 0).as(name).isEqualTo(wanted);
  }

  @Provide
  Arbitrary<byte[]> changedFrames() {
    List<byte[]> whole = frames().map(row -> (byte[]) row.get()[2]).toList();
    return Arbitraries.of(whole)
        .flatMap(frame ->
            Combinators.combine(
                    Arbitraries.integers().between(0, frame.length - 1).list().ofMaxSize(3),
                    Arbitraries.bytes(),
                    Arbitraries.integers().between(0, frame.length))
                .as((places, value, length) -> {
                  byte[] copy = frame.clone();
                  places.forEach(place -> copy[place] = value);
                  return Arrays.copyOf(copy, length);
                }));
  }

  /// What the responder would look at always comes through, and no filter reads outside of a frame.
  @Property(tries = 5000)
  void losesNothingThatMatters(@ForAll @From("changedFrames") byte[] octets) {
    boolean echo4 = run(PacketFilter.ECHO_REQUESTS_V4, octets) != 0;
    boolean six = run(discovery(), octets) != 0;
    Frame.decode(octets, octets.length)
        .ifPresent(frame -> {
          switch (frame) {
            case Frame.Echo4 echo when echo.message().request() -> assertThat(echo4).isTrue();
            case Frame.Echo6 echo when echo.message().request() -> assertThat(six).isTrue();
            case Frame.Solicitation _, Frame.Advertisement _ -> assertThat(six).isTrue();
            case Frame.Arp _, Frame.Echo4 _, Frame.Echo6 _ -> {}
          }
        });
  }

  private static Arguments row(String name, PacketFilter filter, byte[] frame, boolean wanted) {
    return Arguments.of(name, filter, frame, wanted);
  }

  private static PacketFilter discovery() {
    return PacketFilter.NEIGHBOR_DISCOVERY_AND_ECHO_REQUESTS;
  }

  /// A load beyond the frame ends with "drop", as in the kernel.
  private static int run(PacketFilter filter, byte[] frame) {
    int accumulator = 0;
    int index = 0;
    int at = 0;
    while (true) {
      PacketFilter.Instruction step = filter.instructions().get(at);
      int from = step.operand() + (step.code() == 0x50 ? index : 0);
      int size = step.code() == 0x28 ? 2 : 1;
      boolean loads =
          switch (step.code()) {
            case 0x28, 0x30, 0x50, 0xb1 -> true;
            default -> false;
          };
      if (loads && from + size > frame.length) {
        return 0;
      }
      boolean jump = false;
      switch (step.code()) {
        case 0x28 -> accumulator = ByteBuffer.wrap(frame).getShort(from) & 0xffff;
        case 0x30, 0x50 -> accumulator = frame[from] & 0xff;
        case 0xb1 -> index = 4 * (frame[from] & 0xf);
        case 0x15 -> jump = accumulator == step.operand();
        case 0x45 -> jump = (accumulator & step.operand()) != 0;
        case 0x06 -> {
          return step.operand();
        }
        default -> throw new AssertionError("unknown instruction " + step);
      }
      boolean tests = step.code() == 0x15 || step.code() == 0x45;
      at += 1 + (tests ? (jump ? step.ifTrue() : step.ifFalse()) : 0);
    }
  }

  private static byte[] changed(byte[] frame, int offset, int value) {
    byte[] copy = frame.clone();
    copy[offset] = (byte) value;
    return copy;
  }

  private static EthernetHeader ethernet(int type) {
    return new EthernetHeader(MAC, MAC, type);
  }

  private static IcmpEcho echo(boolean request) {
    return new IcmpEcho(request, 1, 2, ByteBuffer.allocate(8));
  }

  private static Frame echo4(boolean request) {
    return new Frame.Echo4(ethernet(EthernetHeader.IPV4), V4, V4, 64, echo(request));
  }

  private static Frame echo6(boolean request) {
    return new Frame.Echo6(ethernet(EthernetHeader.IPV6), V6, V6, 64, echo(request));
  }

  private static byte[] solicitation() {
    return new Frame.Solicitation(
            ethernet(EthernetHeader.IPV6), V6, V6, 255, new NeighborSolicitation(IpBytes.ANY6, MAC))
        .encode();
  }

  private static byte[] advertisement() {
    return new Frame.Advertisement(
            ethernet(EthernetHeader.IPV6),
            V6,
            V6,
            255,
            new NeighborAdvertisement(IpBytes.ANY6, true, true, true, MAC))
        .encode();
  }
}
