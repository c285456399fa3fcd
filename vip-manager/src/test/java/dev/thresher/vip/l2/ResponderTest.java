package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.l2.Responder.Action;
import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IcmpEcho;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.VirtualMac;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponderTest {
  private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:01");
  private static final MacAddress NEW_MAC = MacAddress.parse("02:00:00:00:00:11");
  private static final MacAddress STRANGER = MacAddress.parse("02:00:00:00:00:02");
  private static final Inet4Address V4 = (Inet4Address) ip("192.0.2.77");
  private static final Inet6Address V6 = (Inet6Address) ip("2001:db8::77");
  private static final long MS = 1_000_000;
  private static final Pace FAST = Pace.fast(Pace.PERIOD);

  /// Near the end of the clock's range: times must be compared by difference.
  private long now = Long.MAX_VALUE - 20 * MS;

  private final long start = now;
  private final Responder responder = responder(true);

  private Responder responder(boolean running) {
    return responder(running, FAST);
  }

  private Responder responder(boolean running, Pace pace) {
    return new Responder(MAC, Set.of(MAC), false, running, true, false, pace, () -> 0.5, now);
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
  void aLateProbeDoesNotShiftThoseAfterItButForAStandstill() {
    responder.hold(V4, Claim.FIRST, now);
    List<String> happened = new ArrayList<>();
    for (long late : List.of(1, 2, 1)) {
      now = responder.dueNanos().orElseThrow() + late * MS;
      responder.onTime(now).forEach(action -> happened.add(describe(action)));
    }
    assertThat(happened).containsOnly("probe").hasSize(3);
    assertThat(responder.dueNanos()).hasValue(start + 40 * MS);

    Responder stood = responder(true);
    now += 1000 * MS;
    stood.hold(V6, Claim.FIRST, now);
    now += 500 * MS;
    stood.onTime(now);
    assertThat(stood.dueNanos()).as("whoever is asked has 13 ms").hasValue(now + 13 * MS);
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
    AddressPhase phase = AddressPhase.begin(Claim.TAKE_OVER, FAST, 0, () -> random);
    long last = 0;
    for (int i = 0; i < 5; i++) {
      last = phase.dueNanos();
      phase = phase.at(last, FAST, () -> random).next();
    }
    assertThat(phase.dueNanos() - last).isBetween(54_000 * MS, 66_000 * MS);
  }

  @Test
  void sendsOneAnnouncementAfterALongPauseNotTheMissedOnes() {
    AddressPhase phase =
        AddressPhase.begin(Claim.TAKE_OVER, FAST, 0, () -> 0.5).at(0, FAST, () -> 0.5).next();
    AddressPhase.Step late = phase.at(90 * MS, FAST, () -> 0.5);
    assertThat(late.emission()).isEqualTo(AddressPhase.Emission.NOTHING);
    late = phase.at(1500 * MS, FAST, () -> 0.5);
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

  @ParameterizedTest
  @CsvSource({"192.0.2.77, true", "192.0.2.77, false", "2001:db8::77, true"})
  void withdrawsAFirstClaimWhenAStrangerObjectsLate(String text, boolean fast) {
    InetAddress address = ip(text);
    Responder claiming = responder(true, fast ? FAST : Pace.rfc5227(Pace.PERIOD));
    claiming.hold(address, Claim.FIRST, now);
    timeline(claiming, 6900 * MS);
    assertThat(claiming.answered()).containsExactly(address);
    assertThat(claiming.onFrame(claim(address), now))
        .containsExactly(new Action.Conflict(address, STRANGER));
    assertThat(claiming.addresses()).isEmpty();
    assertThat(claiming.dueNanos()).isEmpty();
  }

  @Test
  void standsByAFirstClaimThatNobodyObjectedToInTime() {
    responder.hold(V4, Claim.FIRST, now);
    timeline(responder, 7000 * MS);
    assertThat(responder.onFrame(claim(V4), now))
        .containsExactly(new Action.ForeignClaim(V4, STRANGER));
    assertThat(responder.answered()).containsExactly(V4);
  }

  @Test
  void takesTheTimeThatTheStandardAsksForIfToldTo() {
    Responder patient = responder(true, Pace.rfc5227(Pace.PERIOD));
    patient.hold(V4, Claim.FIRST, now);
    assertThat(timeline(patient, 5650 * MS))
        .containsExactly(
            "500 probe",
            "2000 probe",
            "3500 probe",
            "5500 announce request",
            "5500 announce reply",
            "5500 answering 192.0.2.77",
            "5600 announce request",
            "5600 announce reply");
  }

  @Test
  void announcesAsOftenAsToldTo() {
    Responder often = responder(true, Pace.fast(Duration.ofSeconds(5)));
    often.hold(V6, Claim.TAKE_OVER, now);
    assertThat(timeline(often, 13_000 * MS))
        .containsExactly(
            "0 advertise",
            "0 answering 2001:db8:0:0:0:0:0:77",
            "100 advertise",
            "1000 advertise",
            "2000 advertise",
            "7000 advertise",
            "12000 advertise");
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.77", "2001:db8::77"})
  void defendsAHeldAddressAtOnceThenOncePerTenSecondsAndHasTheLastWord(String text) {
    InetAddress address = ip(text);
    responder.hold(address, Claim.TAKE_OVER, now);
    timeline(responder, 3000 * MS);
    assertThat(responder.onFrame(claim(address), now))
        .containsExactly(new Action.ForeignClaim(address, STRANGER));
    assertThat(responder.onFrame(claim(address), now)).isEmpty();
    assertThat(times(timeline(responder, 5000 * MS))).containsExactly(3000L, 3100L, 4000L, 5000L);
    assertThat(responder.onFrame(claim(address), now)).as("too early for another").isEmpty();
    assertThat(responder.onFrame(claim(address), now)).isEmpty();
    assertThat(times(timeline(responder, 5500 * MS)))
        .as("the stranger's last word does not stay")
        .containsExactly(13_000L, 13_100L);
    timeline(responder, 10_000 * MS);
    assertThat(responder.onFrame(claim(address), now)).hasSize(1);
    assertThat(responder.answered()).containsExactly(address);
  }

  @Test
  void aClaimInTheMidstOfTheFirstBurstIsAnsweredAtOnce() {
    responder.hold(V4, Claim.TAKE_OVER, now);
    timeline(responder, 50 * MS);
    assertThat(responder.onFrame(claim(V4), now)).hasSize(1);
    assertThat(times(timeline(responder, 200 * MS))).containsExactly(50L, 150L);
  }

  @Test
  void announcesAgainWhenFramesTakeAnotherWay() {
    responder.hold(V4, Claim.TAKE_OVER, now);
    timeline(responder, 5000 * MS);
    responder.link(MAC, Set.of(MAC), false, true, false, now);
    assertThat(timeline(responder, 200 * MS)).isEmpty();
    responder.link(MAC, Set.of(MAC), false, true, true, now);
    assertThat(times(timeline(responder, 200 * MS))).containsExactly(5200L, 5300L);
  }

  @Test
  void isSilentOnADeadLinkAndAnnouncesWhenItComesUp() {
    Responder down = responder(false);
    down.hold(V4, Claim.TAKE_OVER, now);
    assertThat(down.dueNanos()).isEmpty();
    assertThat(down.onTime(now)).isEmpty();
    down.link(MAC, Set.of(MAC), false, true, false, now);
    assertThat(timeline(down, 50 * MS))
        .containsExactly("0 announce request", "0 announce reply", "0 answering 192.0.2.77");
    timeline(down, 5000 * MS);
    down.link(MAC, Set.of(MAC), false, false, false, now);
    down.link(MAC, Set.of(MAC), false, true, false, now);
    assertThat(timeline(down, 50 * MS))
        .containsExactly("5050 announce request", "5050 announce reply");
  }

  @Test
  void announcesANewMacAndAnswersWithIt() {
    responder.hold(V4, Claim.TAKE_OVER, now);
    timeline(responder, 5000 * MS);
    responder.link(NEW_MAC, Set.of(NEW_MAC), false, true, false, now);
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

  private Responder withVirtualMacs() {
    return new Responder(MAC, Set.of(MAC), false, true, true, true, FAST, () -> 0.5, now);
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.77", "2001:db8::77"})
  void announcesWithTheVirtualMacAndProbesWithTheInterfaces(String text) {
    InetAddress address = ip(text);
    Responder virtual = withVirtualMacs();
    virtual.hold(address, Claim.FIRST, now);
    Frame probe = Announcements.probe(address, MAC);
    for (int i = 0; i < 3; i++) {
      assertThat(sent(virtual)).containsExactly(probe);
      now += 15 * MS;
    }
    assertThat(sent(virtual))
        .isEqualTo(Announcements.announce(address, VirtualMac.of(address), false));
    virtual.link(NEW_MAC, Set.of(NEW_MAC), false, true, true, now);
    assertThat(sent(virtual))
        .as("again where switches have to learn, with the same MAC")
        .isEqualTo(Announcements.announce(address, VirtualMac.of(address), false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.77", "2001:db8::77"})
  void knowsLateFramesOfTheHolderBeforeFromThoseOfAnotherCluster(String text) {
    InetAddress address = ip(text);
    MacAddress mac = VirtualMac.of(address);
    Frame same = Announcements.announce(address, mac, false).getFirst();
    Responder virtual = withVirtualMacs();
    virtual.hold(address, Claim.FIRST, now);
    assertThat(virtual.onFrame(same, now)).containsExactly(new Action.Conflict(address, mac));
    virtual.hold(address, Claim.TAKE_OVER, now);
    timeline(virtual, 3000 * MS);
    assertThat(virtual.onFrame(same, now)).isEmpty();
    assertThat(virtual.onFrame(claim(address), now))
        .containsExactly(new Action.ForeignClaim(address, STRANGER));
    virtual.release(address);
    assertThat(virtual.onFrame(same, now)).isEmpty();
  }

  private List<Frame> sent(Responder of) {
    return of.onTime(now).stream()
        .flatMap(action ->
            action instanceof Action.Send(Frame frame) ? Stream.of(frame) : Stream.empty())
        .toList();
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
    return claim(V4);
  }

  private static Frame claim(InetAddress address) {
    return Announcements.announce(address, STRANGER, false).getFirst();
  }

  /// When something was announced.
  private static List<Long> times(List<String> happened) {
    return happened.stream()
        .filter(line -> line.contains("announce") || line.contains("advertise"))
        .map(line -> Long.valueOf(line.substring(0, line.indexOf(' '))))
        .distinct()
        .toList();
  }

  private static InetAddress ip(String text) {
    try {
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }
}
