package dev.thresher.vip.app;

import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.vip.linux.InterfaceNames;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import dev.thresher.vip.mesh.TcpMesh;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/// The mesh of a node of the control plane in its namespace, as long as there is no Node object;
/// until its input ends.
final class MeshProcess {
  private MeshProcess() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    OwnAddresses own = new OwnAddresses(InterfaceNames.parse("e0"), Set.of());
    try (NodeNetworkWatcher watcher =
        new NodeNetworkWatcher(failure -> out.println("@ failed " + failure))) {
      TcpMesh mesh =
          new TcpMesh(
              "node",
              "process",
              () -> own.of(watcher.current(), List.of()),
              10263,
              TcpMesh.Greetings.PLAIN,
              new Metrics());
      watcher.onChange(_ -> mesh.look());
      mesh.onMove(() -> out.println("@ moved " + mesh.endpoints()));
      watcher.start();
      out.println("@ begins");
      mesh.start();
      out.println("@ listens " + mesh.endpoints());
      while (System.in.read() >= 0) {
        // Its input only ends it.
      }
      mesh.stop();
    }
  }
}
