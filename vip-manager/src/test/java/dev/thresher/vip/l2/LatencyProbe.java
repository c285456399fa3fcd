package dev.thresher.vip.l2;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import dev.thresher.vip.linux.PacketFilter;
import dev.thresher.vip.linux.PacketSocket;
import dev.thresher.vip.linux.Poller;
import dev.thresher.vip.packet.ArpPacket;
import dev.thresher.vip.packet.EthernetHeader;
import dev.thresher.vip.packet.Frame;
import dev.thresher.vip.packet.IpBytes;
import dev.thresher.vip.packet.MacAddress;
import dev.thresher.vip.packet.NeighborSolicitation;
import java.io.IOException;
import java.io.PrintStream;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/// Asks for an address again and again, each time after the answer and a pause, and says how long
/// the answers took.
final class LatencyProbe {
  private static final long PAUSE_NANOS = 2_000_000;
  private static final long LIMIT_NANOS = 1_000_000_000;
  private static final int WARM_UP = 100;

  private LatencyProbe() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Link link;
    try (NodeNetworkWatcher network = new NodeNetworkWatcher(_ -> Runtime.getRuntime().halt(1))) {
      network.start();
      link = network.current().link(System.getProperty("interface")).orElseThrow();
    }
    MacAddress mac = Objects.requireNonNull(link.mac());
    Inet4Address v4 = (Inet4Address) InetAddress.getByName(System.getProperty("v4"));
    Inet6Address v6 = (Inet6Address) InetAddress.getByName(System.getProperty("v6"));
    Frame arp =
        new Frame.Arp(
            new EthernetHeader(MacAddress.BROADCAST, mac, EthernetHeader.ARP),
            new ArpPacket(
                ArpPacket.Operation.REQUEST,
                mac,
                (Inet4Address) InetAddress.getByName("192.0.2.2"),
                MacAddress.ZERO,
                v4));
    Inet6Address group = IpBytes.solicitedNode(v6);
    Frame solicitation =
        new Frame.Solicitation(
            new EthernetHeader(IpBytes.groupMac(group), mac, EthernetHeader.IPV6),
            (Inet6Address) InetAddress.getByName("2001:db8::2"),
            group,
            255,
            new NeighborSolicitation(v6, mac));
    int count = Integer.getInteger("count");
    out.println(
        "@ ARP "
            + measure(
                link,
                arp,
                EthernetHeader.ARP,
                count,
                frame ->
                    frame instanceof Frame.Arp a
                        && a.packet().sender().equals(v4)
                        && a.ethernet().destination().equals(mac)));
    out.println(
        "@ NDP "
            + measure(
                link,
                solicitation,
                EthernetHeader.IPV6,
                count,
                frame ->
                    frame instanceof Frame.Advertisement a
                        && a.message().target().equals(v6)
                        && a.message().solicited()));
  }

  private static String measure(
      Link link, Frame question, int type, int count, Predicate<Frame> isAnswer) {
    byte[] octets = question.encode();
    byte[] buffer = new byte[2048];
    long[] nanos = new long[count];
    int unanswered = 0;
    try (PacketSocket socket = PacketSocket.open(link.index(), type, PacketFilter.ALL).orThrow();
        Poller poller = new Poller(List.of(socket))) {
      for (int i = -WARM_UP; i < count; i++) {
        // An announcement, or an answer that came too late, must not count for this question.
        drain(socket, buffer);
        long start = System.nanoTime();
        socket.send(octets).orThrow();
        boolean answered = false;
        while (!answered && System.nanoTime() - start < LIMIT_NANOS) {
          poller.await(LIMIT_NANOS);
          answered =
              socket.receive(buffer) instanceof PacketSocket.Received.Whole(int length)
                  && Frame.decode(buffer, length).filter(isAnswer).isPresent();
        }
        long took = System.nanoTime() - start;
        if (i >= 0) {
          nanos[i] = took;
          unanswered += answered ? 0 : 1;
        }
        pause(poller, socket, buffer);
      }
    }
    Arrays.sort(nanos);
    return "questions=%d unanswered=%d p50=%dus p99=%dus max=%dus"
        .formatted(
            count,
            unanswered,
            nanos[count / 2] / 1000,
            nanos[count * 99 / 100] / 1000,
            nanos[count - 1] / 1000);
  }

  private static void pause(Poller poller, PacketSocket socket, byte[] buffer) {
    long end = System.nanoTime() + PAUSE_NANOS;
    for (long left = PAUSE_NANOS; left > 0; left = end - System.nanoTime()) {
      poller.await(left);
      drain(socket, buffer);
    }
  }

  private static void drain(PacketSocket socket, byte[] buffer) {
    while (!(socket.receive(buffer) instanceof PacketSocket.Received.Nothing)) {
      // What was read does not matter.
    }
  }
}
