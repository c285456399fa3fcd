package dev.thresher.vip.l2;

import dev.thresher.vip.linux.NodeNetworkWatcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// An enforcement that makes every address one of the node's own, in a process of its own.
/// Commands: `hold ADDRESS`, on e0 without a probe; `release ADDRESS`. The end of its input ends
/// it.
final class DeviceProcess {
  private DeviceProcess() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (NodeNetworkWatcher network = new NodeNetworkWatcher(_ -> {});
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      network.start();
      var gate = new DeviceGate(new NftablesGate(NftablesGate.Ends.WHEN_CLOSED, true), _ -> true);
      try (var enforcement =
          PacketEnforcement.onThisNode(network, gate, true, Pace.fast(Duration.ofSeconds(60)))) {
        enforcement.onEvent(event -> out.println("@ event " + event));
        enforcement.start();
        out.println("@ started");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          String[] words = line.split(" ", -1);
          InetAddress address = InetAddress.getByName(words[1]);
          if (words[0].equals("hold")) {
            out.println(
                "@ outcome " + enforcement.hold(new HeldAddress(address, "e0"), Claim.TAKE_OVER));
          } else {
            enforcement.release(address);
            out.println("@ released");
          }
        }
      }
    }
  }
}
