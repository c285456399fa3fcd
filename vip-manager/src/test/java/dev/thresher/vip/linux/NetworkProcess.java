package dev.thresher.vip.linux;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// Shows the network of its namespace, and every change of it, until its input ends.
final class NetworkProcess {
  private NetworkProcess() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (NodeNetworkWatcher watcher =
        new NodeNetworkWatcher(failure -> out.println("@ failed " + failure))) {
      watcher.onChange(network -> {
        out.println("@ network " + network);
        out.println(
            "@ sizes addresses="
                + network.addresses().size()
                + " overflows="
                + watcher.overflows()
                + ";");
      });
      watcher.start();
      out.println("@ network " + watcher.current());
      out.println("@ neighbors " + NodeNeighbors.list());
      while (System.in.read() >= 0) {
        // Its input only ends it.
      }
    }
    out.println("@ stopped");
  }
}
