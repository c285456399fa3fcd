package dev.thresher.vip.l2;

import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.vip.balancing.BalancingGate;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// An enforcement that makes every address one of the node's own, in a process of its own (where:
/// the system property `device`, a [DeviceKind] or `AUTO`), and spreads connections to its port
/// 6443 over servers. Commands: `hold ADDRESS`, on e0 without a probe; `release ADDRESS`; `servers
/// ADDRESS=PORT...`, those that are well; `lease MILLIS`, one round of so long (with the system
/// property `leased`). The end of its input ends it.
final class DeviceProcess {
  private DeviceProcess() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (NodeNetworkWatcher network = new NodeNetworkWatcher(_ -> {});
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      network.start();
      var timeline = new SystemTimeline();
      var kernel =
          new NftablesGate(
              Boolean.getBoolean("leased")
                  ? NftablesGate.Ends.WITH_THE_LEASE
                  : NftablesGate.Ends.WHEN_CLOSED,
              true,
              Boolean.getBoolean("virtual.mac"));
      var device =
          new DeviceGate(
              kernel,
              _ -> true,
              kinds(System.getProperty("device", "TUN")),
              network,
              (reason, message) -> out.println("@ notice " + reason + " " + message),
              timeline);
      var gate = new BalancingGate(device, _ -> true, 6443);
      try (var enforcement =
          PacketEnforcement.onThisNode(network, gate, true, Pace.fast(Duration.ofSeconds(60)))) {
        enforcement.onEvent(event -> out.println("@ event " + event));
        enforcement.start();
        out.println("@ started");
        long round = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          String[] words = line.split(" ", -1);
          switch (words[0]) {
            case "servers" -> {
              gate.servers(servers(words));
              out.println("@ spread");
            }
            case "lease" -> {
              long nanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(words[1]));
              kernel.arm(++round, nanos);
              kernel.confirm(round);
              out.println("@ leased");
            }
            case "hold" ->
                out.println(
                    "@ outcome "
                        + enforcement.hold(
                            new HeldAddress(InetAddress.getByName(words[1]), "e0"),
                            Claim.TAKE_OVER));
            default -> {
              enforcement.release(InetAddress.getByName(words[1]));
              out.println("@ released");
            }
          }
        }
      }
    }
  }

  private static List<DeviceKind> kinds(String device) {
    return device.equals("AUTO") ? DeviceKind.AUTOMATIC : List.of(DeviceKind.valueOf(device));
  }

  private static Set<InetSocketAddress> servers(String[] words) {
    return Arrays.stream(words)
        .skip(1)
        .map(word -> word.split("=", 2))
        .map(word -> new InetSocketAddress(word[0], Integer.parseInt(word[1])))
        .collect(Collectors.toSet());
  }
}
