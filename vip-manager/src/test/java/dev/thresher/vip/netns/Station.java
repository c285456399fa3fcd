package dev.thresher.vip.netns;

import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import dev.thresher.vip.linux.PacketFilter;
import dev.thresher.vip.linux.PacketSocket;
import dev.thresher.vip.linux.Poller;
import dev.thresher.vip.packet.EthernetHeader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/// A station on a link that shows every frame it receives and sends what it is told: `frame HEX`
/// and `send HEX`. Its argument is the system property `interface`.
public final class Station {
  private Station() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Link link;
    try (NodeNetworkWatcher network = new NodeNetworkWatcher(_ -> Runtime.getRuntime().halt(1))) {
      network.start();
      link = network.current().link(System.getProperty("interface")).orElseThrow();
    }
    List<PacketSocket> sockets =
        List.of(EthernetHeader.ARP, EthernetHeader.IPV4, EthernetHeader.IPV6).stream()
            .map(type -> PacketSocket.open(link.index(), type, PacketFilter.ALL).orThrow())
            .toList();
    for (PacketSocket socket : sockets) {
      Thread.ofPlatform().daemon().start(() -> listen(socket, out));
    }
    PacketSocket sending =
        PacketSocket.open(link.index(), EthernetHeader.ARP, PacketFilter.ALL).orThrow();
    out.println("@ listening");
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        sending.send(HexFormat.of().parseHex(line.substring("send ".length()))).orThrow();
      }
    }
  }

  private static void listen(PacketSocket socket, PrintStream out) {
    byte[] buffer = new byte[16 * 1024];
    try (Poller poller = new Poller(List.of(socket))) {
      while (true) {
        poller.await(-1);
        switch (socket.receive(buffer)) {
          case PacketSocket.Received.Whole(int length) ->
              out.println("@ frame " + HexFormat.of().formatHex(Arrays.copyOf(buffer, length)));
          case PacketSocket.Received.Failed _,
              PacketSocket.Received.Skipped _,
              PacketSocket.Received.Nothing _ -> {}
        }
      }
    }
  }
}
