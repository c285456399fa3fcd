package dev.thresher.vip.l2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.vip.netns.Child;
import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import java.net.Inet4Address;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A thousand addresses on one interface. Prints what they cost; what must hold is that each is
/// answered, and that a frame costs the same with few and with many.
@Tag("netns")
class ManyAddressesNetnsTest {
  private static final int MANY = 1000;

  /// As many as fit into a socket's buffer, and how often.
  private static final int FRAMES = 1000;

  private static final int ROUNDS = 4;

  /// Far more than noise and far less than a look at every address per frame.
  private static final int TIMES_AT_MOST = 20;

  @Test
  void aThousandAddressesCostNoMorePerFrameThanOne() {
    try (RealNode lab = new RealNode()) {
      Child process = lab.enforce();
      Child station = lab.watch();
      hold(process, 0, 1);
      perFrame(process, station);
      Duration one = perFrame(process, station);
      Duration before = process.processorTime();
      long begin = System.nanoTime();
      hold(process, 1, MANY);
      long lag = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
      Duration spent = process.processorTime().minus(before);
      Duration many = perFrame(process, station);
      System.out.printf(
          "%d addresses: held and answered after %d ms with %d ms of processor time;"
              + " a frame costs %d us, with one address %d us%n",
          MANY, lag, spent.toMillis(), many.toNanos() / 1000, one.toNanos() / 1000);
      assertThat(many).isLessThan(one.plus(Duration.ofNanos(50_000)).multipliedBy(TIMES_AT_MOST));
    }
  }

  private static void hold(Child process, int from, int to) {
    for (int i = from; i < to; i++) {
      process.tell("hold " + address(i).getHostAddress() + " e0 TAKE_OVER");
    }
    for (int i = from; i < to; i++) {
      process.await("event Answering");
    }
  }

  /// Processor time per question for an address of nobody, with the time of an answer at the end.
  private static Duration perFrame(Child process, Child station) {
    Duration before = process.processorTime();
    for (int round = 0; round < ROUNDS; round++) {
      burst(station);
    }
    return process.processorTime().minus(before).dividedBy(FRAMES * ROUNDS);
  }

  private static void burst(Child station) {
    station.forget();
    for (int i = 0; i < FRAMES; i++) {
      RealNode.send(station, question(IpBytes.readV4(new byte[] {(byte) 203, 0, 113, 1}, 0)));
    }
    Inet4Address held = address(0);
    RealNode.send(station, question(held));
    station.await(
        "an answer",
        line ->
            RealNode.frame(line)
                .filter(Frame.Arp.class::isInstance)
                .map(frame -> ((Frame.Arp) frame).packet())
                .filter(packet -> packet.operation() == ArpPacket.Operation.REPLY)
                .filter(packet -> packet.targetMac().equals(new MacAddress(0x0200_0000_0002L)))
                .filter(packet -> packet.sender().equals(held))
                .isPresent());
  }

  private static Frame question(Inet4Address target) {
    MacAddress client = new MacAddress(0x0200_0000_0002L);
    return new Frame.Arp(
        new EthernetHeader(MacAddress.BROADCAST, client, EthernetHeader.ARP),
        new ArpPacket(
            ArpPacket.Operation.REQUEST,
            client,
            IpBytes.readV4(new byte[] {(byte) 192, 0, 2, 2}, 0),
            MacAddress.ZERO,
            target));
  }

  private static Inet4Address address(int number) {
    return IpBytes.readV4(new byte[] {(byte) 198, 18, (byte) (number >> 8), (byte) number}, 0);
  }
}
