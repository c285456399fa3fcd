package dev.thresher.vip.l2;

import static dev.thresher.vip.l2.RealNode.VIP4;
import static dev.thresher.vip.l2.RealNode.VIP6;
import static dev.thresher.vip.l2.RealNode.frame;
import static dev.thresher.vip.l2.RealNode.holdBoth;
import static dev.thresher.vip.l2.RealNode.ip;
import static dev.thresher.vip.l2.RealNode.send;
import static dev.thresher.vip.l2.RealNode.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.NeighborSolicitation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The kernel's clock over a lease, with real packets and a process that is stopped at random.
///
/// Each question has an asker of its own, so that an answer says which question it belongs to.
/// Where a hypervisor took a processor away meanwhile the try does not count: a clock that stops is
/// beyond what the gate can promise, and the design says so.
///
/// `-Dthresher.gate.tries=N` stops the process N times, `-Dthresher.gate.seed=N` at the times that
/// the seed says.
@Tag("netns")
class LeaseGateNetnsTest {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseGateNetnsTest.class);
  private static final int TRIES = Integer.getInteger("thresher.gate.tries", 40);
  private static final long SEED = Long.getLong("thresher.gate.seed", System.nanoTime());
  private static final long LEASE_MILLIS = 100;

  /// How long a voter's promise outlasts the lease's beginning, and a bit.
  private static final long PROMISE_NANOS =
      TimeUnit.MILLISECONDS.toNanos(LEASE_MILLIS) * 33 / 32 + 1_000_000;

  private static final int QUESTIONS = 4;
  private static final MacAddress CLIENT = MacAddress.parse("02:00:00:00:00:02");
  private static final Pattern DROPPED = Pattern.compile("counter packets (\\d+) bytes \\d+ drop");

  private RealNode lab;
  private int asked;

  @BeforeEach
  void open() {
    lab = new RealNode();
  }

  @AfterEach
  void close() {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void nothingLeavesWithoutALease() {
    Child process = lab.enforce("-Dleased=true");
    holdBoth(process);
    assertThat(lab.isResolved(VIP4)).isFalse();
    assertThat(lab.isResolved(VIP6)).isFalse();
    assertThat(lab.answersPing(VIP4)).isFalse();
    process.ask("lease 1000", "leased");
    assertThat(lab.isResolved(VIP4)).isTrue();
    assertThat(lab.isResolved(VIP6)).isTrue();
    assertThat(lab.answersPing(VIP4)).isTrue();
    assertThat(lab.answersPing(VIP6)).isTrue();
    assertThat(lab.namespaces.run(lab.node, "ping", "-c1", "-W2", "192.0.2.2").status())
        .as("what the node itself says needs no lease")
        .isZero();
  }

  @Test
  void noAnswerLeavesAfterTheLeaseWheneverTheProcessIsStopped() {
    Random random = new Random(SEED);
    LOG.atInfo().addKeyValue("seed", SEED).addKeyValue("tries", TRIES).log("stopping at random");
    Child process = lab.enforce("-Dleased=true");
    holdBoth(process);
    Child station = lab.watch();
    int stolen = 0;
    for (int i = 0; i < TRIES; i++) {
      long stealing = stolenTicks();
      int early = asked;
      process.ask("lease " + LEASE_MILLIS, "leased");
      until(() -> {
        // On a busy machine the lease may have lapsed by itself, or a question been lost.
        if (process.unread().contains("lapsed")) {
          process.ask("lease " + LEASE_MILLIS, "leased");
        }
        askBoth(station);
        return answered(station.unread(), early) > 0;
      });
      station.forget();
      pass(random.nextLong(PROMISE_NANOS / 4));
      process.stop();
      pass(PROMISE_NANOS);
      int late = asked;
      for (int question = 0; question < QUESTIONS; question++) {
        askBoth(station);
      }
      long dropped = dropped();
      process.goOn();
      process.await("lapsed");
      // The process did answer; the kernel kept the answers.
      until(() -> {
        // A busy machine may lose a question.
        askBoth(station);
        return dropped() >= dropped + 2 * QUESTIONS;
      });
      long answered = answered(station.unread(), late);
      if (answered > 0 && stolenTicks() > stealing) {
        assertThat(++stolen).as("tries that a hypervisor disturbed").isLessThan(TRIES / 4);
        continue;
      }
      assertThat(answered).as("answers after the lease, seed %d, try %d", SEED, i).isZero();
    }
  }

  /// Time that a hypervisor gave to others, over all processors; see proc_stat(5).
  private static long stolenTicks() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/stat"))) {
      return Long.parseLong(lines.findFirst().orElseThrow().split(" +", -1)[8]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theSameWithoutSlotsIsNoticed() {
    Child process = lab.enforce();
    holdBoth(process);
    Child station = lab.watch();
    process.stop();
    int late = asked;
    askBoth(station);
    process.goOn();
    awaitAnswers(station, late, asked);
  }

  @Test
  void tablesThatSomebodyFlushedAreMadeAgainWhereNobodyOwnsThem() {
    Child process = lab.enforce("-Dleased=true", "-Dnot.owned=true");
    holdBoth(process);
    process.ask("lease 1000", "leased");
    assertThat(lab.isResolved(VIP4)).isTrue();
    lab.namespaces.must(lab.node, "nft", "flush", "ruleset");
    until(() -> {
      String rules = lab.namespaces.must(lab.node, "nft", "list", "ruleset");
      return rules.contains(VIP4) && rules.contains(VIP6) && rules.contains("hook egress");
    });
    assertThat(lab.isResolved(VIP4)).isTrue();
    assertThat(lab.isResolved(VIP6)).isTrue();
  }

  @Test
  void leavesNoTableBehindAndNoChainOfAnInterfaceThatVanished() {
    Child process = lab.enforce("-Dleased=true");
    holdBoth(process);
    process.ask("lease 1000", "leased");
    assertThat(lab.tables())
        .containsExactlyInAnyOrder(
            "table inet thresher_vip", "table arp thresher_vip", "table netdev thresher_vip");
    lab.namespaces.ip(lab.node, "link delete e0");
    process.await("event InterfaceGone");
    until(() -> !lab.namespaces.must(lab.node, "nft", "list", "ruleset").contains("chain egress_"));
    process.end();
    assertThat(lab.tables()).isEmpty();
  }

  /// One question for each address, of the next asker.
  private void askBoth(Child station) {
    asked++;
    send(
        station,
        new Frame.Arp(
            new EthernetHeader(MacAddress.BROADCAST, CLIENT, EthernetHeader.ARP),
            new ArpPacket(
                ArpPacket.Operation.REQUEST,
                CLIENT,
                asker4(asked),
                MacAddress.ZERO,
                (Inet4Address) ip(VIP4))));
    Inet6Address target = (Inet6Address) ip(VIP6);
    Inet6Address group = IpBytes.solicitedNode(target);
    send(
        station,
        new Frame.Solicitation(
            new EthernetHeader(IpBytes.groupMac(group), CLIENT, EthernetHeader.IPV6),
            asker6(asked),
            group,
            255,
            new NeighborSolicitation(target, CLIENT)));
  }

  private static void awaitAnswers(Child station, int after, int upTo) {
    Set<Class<?>> families = new HashSet<>();
    station.await(
        "answers to question " + upTo + " over both families",
        line -> {
          frame(line)
              .flatMap(LeaseGateNetnsTest::asker)
              .filter(asker -> number(asker) > after)
              .ifPresent(asker -> families.add(asker.getClass()));
          return families.size() == 2;
        });
  }

  /// How many of the frames answer a question after that number.
  private static long answered(List<String> lines, int after) {
    return lines.stream()
        .flatMap(line -> frame(line).flatMap(LeaseGateNetnsTest::asker).stream())
        .filter(asker -> number(asker) > after)
        .count();
  }

  /// To whom a frame answers, if it is an answer.
  private static Optional<InetAddress> asker(Frame frame) {
    return switch (frame) {
      case Frame.Arp arp
          when arp.packet().operation() == ArpPacket.Operation.REPLY
              && arp.ethernet().destination().equals(CLIENT) ->
          Optional.of(arp.packet().target());
      case Frame.Advertisement sent when sent.message().solicited() ->
          Optional.of(sent.destination());
      case Frame.Arp _, Frame.Advertisement _, Frame.Solicitation _, Frame.Echo4 _, Frame.Echo6 _ ->
          Optional.empty();
    };
  }

  private static Inet4Address asker4(int number) {
    return (Inet4Address) ip("198.18." + (number >> 8) + "." + (number & 0xff));
  }

  private static Inet6Address asker6(int number) {
    return (Inet6Address) ip("2001:db8::a:" + Integer.toHexString(number));
  }

  private static int number(InetAddress asker) {
    byte[] octets = asker.getAddress();
    return (octets[octets.length - 2] & 0xff) << 8 | (octets[octets.length - 1] & 0xff);
  }

  /// How many frames of the process the kernel kept.
  private long dropped() {
    Matcher counter =
        DROPPED.matcher(
            lab.namespaces.must(
                lab.node, "nft", "list", "chain", "netdev", "thresher_vip", "lease"));
    assertThat(counter.find()).isTrue();
    return Long.parseLong(counter.group(1));
  }

  /// A length of time is what this is about: how long a process is stopped.
  private static void pass(long nanos) {
    long until = System.nanoTime() + nanos;
    while (until - System.nanoTime() > 0) {
      LockSupport.parkNanos(until - System.nanoTime());
    }
  }
}
