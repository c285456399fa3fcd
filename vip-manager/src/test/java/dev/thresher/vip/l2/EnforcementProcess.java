package dev.thresher.vip.l2;

import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;

/// A real enforcement in a process of its own, to be run inside a network namespace; the tests talk
/// to it line by line. Lines of its own begin with `@ `, whatever logging prints beside.
///
/// Commands: `hold ADDRESS INTERFACE FIRST|TAKE_OVER`, `release ADDRESS`, `held`, `exit`. The end
/// of its input ends it too, so that it never outlives its test.
final class EnforcementProcess {
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final PacketEnforcement enforcement;

  private EnforcementProcess(PacketEnforcement enforcement) {
    this.enforcement = enforcement;
  }

  public static void main(String[] arguments) throws IOException {
    CountDownLatch broken = new CountDownLatch(1);
    try (NodeNetworkWatcher network = new NodeNetworkWatcher(_ -> broken.countDown())) {
      network.start();
      PacketEnforcement enforcement =
          Boolean.getBoolean("no.random")
              ? withoutRandomness(network)
              : PacketEnforcement.onThisNode(network, !Boolean.getBoolean("no.icmp"));
      new EnforcementProcess(enforcement).serve();
    }
  }

  /// Its answering threads die when a burst of announcements ends and the period is drawn.
  private static PacketEnforcement withoutRandomness(NodeNetwork network) {
    return new PacketEnforcement(
        network,
        new NftablesGate(),
        true,
        System::nanoTime,
        () -> {
          throw new IllegalStateException("no randomness, as the test wants it");
        });
  }

  private void serve() throws IOException {
    enforcement.onEvent(event -> say("event " + event));
    try (enforcement;
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      try {
        enforcement.start();
      } catch (IllegalStateException e) {
        say("refused " + e.getMessage());
        return;
      }
      say("started");
      String line = in.readLine();
      while (line != null && !line.equals("exit")) {
        execute(line.split(" "));
        line = in.readLine();
      }
    }
    say("stopped");
  }

  private void execute(String[] words) throws IOException {
    switch (words[0]) {
      case "hold" ->
          say(
              "outcome "
                  + enforcement.hold(
                      new HeldAddress(InetAddress.getByName(words[1]), words[2]),
                      Claim.valueOf(words[3])));
      case "release" -> {
        enforcement.release(InetAddress.getByName(words[1]));
        say("released");
      }
      case "held" -> say("held " + enforcement.held());
      default -> say("unknown command " + words[0]);
    }
  }

  private void say(String line) {
    out.println("@ " + line);
  }
}
