package dev.thresher.vip.app;

import com.google.common.net.InetAddresses;
import com.google.gson.JsonObject;
import dev.thresher.vip.linux.NodeNeighbors;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import dev.thresher.vip.packet.MacAddress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/// Says of some addresses whom the kernel of its namespace takes for their owner.
final class NeighborsProcess {
  private NeighborsProcess() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (NodeNetworkWatcher watcher =
        new NodeNetworkWatcher(failure -> out.println("@ failed " + failure))) {
      watcher.start();
      for (String address : List.of("192.0.2.9", "2001:db8::9", "192.0.2.7")) {
        JsonObject report = new JsonObject();
        NeighborReport.add(
            report,
            InetAddresses.forString(address),
            NodeNeighbors.list(),
            watcher.current(),
            Map.of(MacAddress.parse("02:00:00:00:00:99"), "n9"));
        out.println("@ " + report);
      }
      while (System.in.read() >= 0) {
        // Its input only ends it.
      }
    }
  }
}
