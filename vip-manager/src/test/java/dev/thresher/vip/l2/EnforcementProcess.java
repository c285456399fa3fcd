package dev.thresher.vip.l2;

import dev.thresher.vip.linux.NodeNetwork;
import dev.thresher.vip.linux.NodeNetworkWatcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// A real enforcement in a process of its own, to be run inside a network namespace; the tests talk
/// to it line by line. Lines of its own begin with `@ `, whatever logging prints beside.
///
/// Commands: `hold ADDRESS INTERFACE FIRST|TAKE_OVER`, `release ADDRESS`, `held`, `lease MILLIS`,
/// `known ADDRESS...`, `returning`, `exit`. The end of its input ends it too, so that it never
/// outlives its test.
final class EnforcementProcess {
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final NftablesGate gate;
  private final ReturnPathGate returning;
  private final PacketEnforcement enforcement;
  private long round;

  private EnforcementProcess(
      NftablesGate gate, ReturnPathGate returning, PacketEnforcement enforcement) {
    this.gate = gate;
    this.returning = returning;
    this.enforcement = enforcement;
  }

  public static void main(String[] arguments) throws IOException {
    CountDownLatch broken = new CountDownLatch(1);
    try (NodeNetworkWatcher network = new NodeNetworkWatcher(_ -> broken.countDown())) {
      network.start();
      NftablesGate gate =
          new NftablesGate(
              Boolean.getBoolean("leased")
                  ? NftablesGate.Ends.WITH_THE_LEASE
                  : NftablesGate.Ends.WHEN_CLOSED,
              new GateTables(
                  Boolean.getBoolean("not.owned")
                      ? List.of(new GateRules.Abilities(false, true))
                      : GateRules.Abilities.DESCENDING,
                  !Boolean.getBoolean("no.icmp")),
              Boolean.getBoolean("virtual.mac"));
      ReturnPathGate returning =
          new ReturnPathGate(
              gate,
              gate,
              network,
              (reason, message) -> System.out.println("@ notice " + reason + " " + message));
      PacketEnforcement enforcement =
          Boolean.getBoolean("no.random")
              ? withoutRandomness(network, gate)
              : PacketEnforcement.onThisNode(
                  network,
                  Boolean.getBoolean("no.return.path") ? gate : returning,
                  !Boolean.getBoolean("no.icmp"),
                  Pace.fast(Pace.PERIOD));
      new EnforcementProcess(gate, returning, enforcement).serve();
    }
  }

  /// Its answering threads die when a burst of announcements ends and the period is drawn.
  private static PacketEnforcement withoutRandomness(NodeNetwork network, AddressGate gate) {
    return new PacketEnforcement(
        network,
        gate,
        true,
        Pace.fast(Pace.PERIOD),
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
      case "lease" -> {
        long nanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(words[1]));
        Thread.ofPlatform().daemon().name("lease").start(() -> keepLease(nanos));
      }
      case "known" -> {
        Set<InetAddress> addresses = new HashSet<>();
        for (String word : List.of(words).subList(1, words.length)) {
          addresses.add(InetAddress.getByName(word));
        }
        enforcement.known(addresses);
        say("silent " + addresses.size());
      }
      case "returning" -> say("returning " + returning.paths() + " " + returning.repairs());
      case "held" -> say("held " + enforcement.held());
      default -> say("unknown command " + words[0]);
    }
  }

  /// Holder and voter in one thread: a lease that is renewed all the time, until the voter hears of
  /// a round later than it had promised. From then on the address may be another's.
  private void keepLease(long nanos) {
    boolean promised = false;
    long promisedUntil = 0;
    while (true) {
      gate.arm(++round, nanos);
      long heard = System.nanoTime();
      if (promised && heard - promisedUntil > 0) {
        say("lapsed");
        return;
      }
      promisedUntil = heard + nanos + nanos / 32;
      gate.confirm(round);
      if (!promised) {
        say("leased");
      }
      promised = true;
      LockSupport.parkNanos(200_000);
    }
  }

  private void say(String line) {
    out.println("@ " + line);
  }
}
