package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.l2.Responder.Action;
import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IcmpEcho;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponderTest {
  private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:01");
  private static final MacAddress NEW_MAC = MacAddress.parse("02:00:00:00:00:11");
  private static final MacAddress STRANGER = MacAddress.parse("02:00:00:00:00:02");
  private static final Inet4Address V4 = (Inet4Address) ip("192.0.2.77");
  private static final Inet6Address V6 = (Inet6Address) ip("2001:db8::77");
  private static final long MS = 1_000_000;

  /// Near the end of the clock's range: times must be compared by difference.
  private long now = Long.MAX_VALUE - 20 * MS;

  private final long start = now;
  private final Responder responder = responder(true);

  private Responder responder(boolean running) {
    return new Responder(MAC, Set.of(MAC), false, running, true, () -> 0.5, now);
  }

  @Test
  void probesAtMostOnceEvery15MillisecondsAndClaimsAt40() {
    responder.hold(V4, Claim.FIRST, now);
    assertThat(timeline(responder, 45 * MS))
        .containsExactly(
            "0 probe",
            "15 probe",
            "30 probe",
            "40 announce request",
            "40 announce reply",
            "40 answering 192.0.2.77");
    assertThat(responder.answered()).containsExactly(V4);
  }

  @Test
  void answersNobodyWhileProbing() {
    responder.hold(V4, Claim.FIRST, now);
    responder.onTime(now);
    assertThat(responder.answered()).isEmpty();
    assertThat(responder.onFrame(whoHas(), now)).isEmpty();
  }

  @Test
  void announcesATakeOverAtOnceAndAgainAt100MillisecondsOneAndTwoSecondsThenEveryMinute() {
    responder.hold(V4, Claim.TAKE_OVER, now);
    assertThat(responder.answered()).as("answered before the first announcement").contains(V4);
    assertThat(timeline(responder, 130_000 * MS))
        .containsExactly(
            "0 announce request",
            "0 announce reply",
            "0 answering 192.0.2.77",
            "100 announce request",
            "100 announce reply",
            "1000 announce request",
            "1000 announce reply",
            "2000 announce request",
            "2000 announce reply",
            "62000 announce request",
            "62000 announce reply",
            "122000 announce request",
            "122000 announce reply");
  }

  @Test
  void announcesIpv6ByAdvertisementsThatOverride() {
    responder.hold(V6, Claim.FIRST, now);
    assertThat(timeline(responder, 200 * MS))
        .containsExactly(
            "0 probe",
            "15 probe",
            "30 probe",
            "40 advertise",
            "40 answering 2001:db8:0:0:0:0:0:77",
            "140 advertise");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.25, 0.999})
  void spreadsPeriodicAnnouncementsByATenth(double random) {
    AddressPhase phase = AddressPhase.begin(Claim.TAKE_OVER, 0);
    long last = 0;
    for (int i = 0; i < 5; i++) {
      last = phase.dueNanos();
      phase = phase.at(last, () -> random).next();
    }
    assertThat(phase.dueNanos() - last).isBetween(54_000 * MS, 66_000 * MS);
  }

  @Test
  void sendsOneAnnouncementAfterALongPauseNotTheMissedOnes() {
    AddressPhase phase = AddressPhase.begin(Claim.TAKE_OVER, 0).at(0, () -> 0.5).next();
    AddressPhase.Step late = phase.at(90 * MS, () -> 0.5);
    assertThat(late.emission()).isEqualTo(AddressPhase.Emission.NOTHING);
    late = phase.at(1500 * MS, () -> 0.5);
    assertThat(late.emission()).isEqualTo(AddressPhase.Emission.ANNOUNCEMENT);
    assertThat(late.next().dueNanos()).isEqualTo(2000 * MS);
  }

  @Test
  void givesUpAProbedAddressToAStranger() {
    responder.hold(V4, Claim.FIRST, now);
    responder.onTime(now);
    assertThat(responder.onFrame(claim(), now)).containsExactly(new Action.Conflict(V4, STRANGER));
    assertThat(responder.addresses()).isEmpty();
    assertThat(responder.dueNanos()).isEqualTo(OptionalLong.empty());
    assertThat(responder.onFrame(claim(), now)).isEmpty();
  }

  @Test
  void defendsAHeldAddressAtMostOncePerSecond() {
    responder.hold(V4, Claim.TAKE_OVER, now);
    timeline(responder, 3000 * MS);
    assertThat(responder.onFrame(claim(), now))
        .containsExactly(new Action.ForeignClaim(V4, STRANGER));
    assertThat(responder.onFrame(claim(), now)).isEmpty();
    assertThat(timeline(responder, 10 * MS))
        .containsExactly("3000 announce request", "3000 announce reply");
    assertThat(responder.onFrame(claim(), now)).isEmpty();
    now += 1000 * MS;
    assertThat(responder.onFrame(claim(), now)).hasSize(1);
    assertThat(responder.answered()).containsExactly(V4);
  }

  @Test
  void isSilentOnADeadLinkAndAnnouncesWhenItComesUp() {
    Responder down = responder(false);
    down.hold(V4, Claim.TAKE_OVER, now);
    assertThat(down.dueNanos()).isEmpty();
    assertThat(down.onTime(now)).isEmpty();
    down.link(MAC, Set.of(MAC), false, true, now);
    assertThat(timeline(down, 50 * MS))
        .containsExactly("0 announce request", "0 announce reply", "0 answering 192.0.2.77");
    timeline(down, 5000 * MS);
    down.link(MAC, Set.of(MAC), false, false, now);
    down.link(MAC, Set.of(MAC), false, true, now);
    assertThat(timeline(down, 50 * MS))
        .containsExactly("5050 announce request", "5050 announce reply");
  }

  @Test
  void announcesANewMacAndAnswersWithIt() {
    responder.hold(V4, Claim.TAKE_OVER, now);
    timeline(responder, 5000 * MS);
    responder.link(NEW_MAC, Set.of(NEW_MAC), false, true, now);
    assertThat(responder.onTime(now)).hasSize(2);
    assertThat(responder.onFrame(whoHas(), now))
        .singleElement()
        .isInstanceOfSatisfying(
            Action.Send.class,
            send -> assertThat(((Frame.Arp) send.frame()).packet().senderMac()).isEqualTo(NEW_MAC));
  }

  @Test
  void saysNothingMoreAfterARelease() {
    responder.hold(V4, Claim.TAKE_OVER, now);
    responder.onTime(now);
    assertThat(responder.onFrame(whoHas(), now)).hasSize(1);
    responder.release(V4);
    assertThat(responder.onFrame(whoHas(), now)).isEmpty();
    assertThat(responder.dueNanos()).isEmpty();
    now += 3_600_000 * MS;
    assertThat(responder.onTime(now)).isEmpty();
  }

  @Test
  void holdingAgainChangesNothing() {
    responder.hold(V4, Claim.TAKE_OVER, now);
    timeline(responder, 5000 * MS);
    responder.hold(V4, Claim.TAKE_OVER, now);
    responder.hold(V4, Claim.FIRST, now);
    assertThat(timeline(responder, 1000 * MS)).isEmpty();
  }

  @Test
  void aTakeOverEndsAProbe() {
    responder.hold(V4, Claim.FIRST, now);
    responder.onTime(now);
    responder.hold(V4, Claim.TAKE_OVER, now);
    assertThat(responder.answered()).containsExactly(V4);
    assertThat(timeline(responder, MS))
        .containsExactly("0 announce request", "0 announce reply", "0 answering 192.0.2.77");
  }

  @Test
  void answersAtMostSoManyEchoes() {
    responder.hold(V4, Claim.TAKE_OVER, now);
    Frame echo =
        new Frame.Echo4(
            new EthernetHeader(MAC, STRANGER, EthernetHeader.IPV4),
            (Inet4Address) ip("192.0.2.2"),
            V4,
            64,
            new IcmpEcho(true, 1, 1, ByteBuffer.allocate(0)));
    int answers = 0;
    for (int i = 0; i < 1000; i++) {
      answers += responder.onFrame(echo, now).size();
    }
    assertThat(answers).isEqualTo(200);
    now += 100 * MS;
    for (int i = 0; i < 1000; i++) {
      answers += responder.onFrame(echo, now).size();
    }
    assertThat(answers).isEqualTo(300);
    assertThat(responder.onFrame(whoHas(), now)).as("who-has is not limited").hasSize(1);
  }

  /// Runs the clock, stopping wherever something is due; ends at the later time.
  private List<String> timeline(Responder of, long nanos) {
    List<String> happened = new ArrayList<>();
    long end = now + nanos;
    OptionalLong due = of.dueNanos();
    while (due.isPresent() && due.getAsLong() - end < 0) {
      now = Math.max(due.getAsLong() - now, 0) + now;
      for (Action action : of.onTime(now)) {
        happened.add((now - start) / MS + " " + describe(action));
      }
      due = of.dueNanos();
    }
    now = end;
    return happened;
  }

  private static String describe(Action action) {
    return switch (action) {
      case Action.Send(Frame.Arp arp) when arp.packet().sender().isAnyLocalAddress() -> "probe";
      case Action.Send(Frame.Arp arp) ->
          "announce " + arp.packet().operation().name().toLowerCase(Locale.ROOT);
      case Action.Send(Frame.Solicitation _) -> "probe";
      case Action.Send(Frame.Advertisement sent) ->
          sent.message().override()
                  && !sent.message().solicited()
                  && sent.destination().equals(IpBytes.ALL_NODES)
              ? "advertise"
              : "wrong advertisement " + sent;
      case Action.Send(Frame other) -> other.toString();
      case Action.Answering(InetAddress address) -> "answering " + address.getHostAddress();
      case Action.Conflict conflict -> conflict.toString();
      case Action.ForeignClaim claim -> claim.toString();
    };
  }

  private static Frame whoHas() {
    return new Frame.Arp(
        new EthernetHeader(MacAddress.BROADCAST, STRANGER, EthernetHeader.ARP),
        new ArpPacket(
            ArpPacket.Operation.REQUEST,
            STRANGER,
            (Inet4Address) ip("192.0.2.2"),
            MacAddress.ZERO,
            V4));
  }

  private static Frame claim() {
    return Announcements.announce(V4, STRANGER, false).getFirst();
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
