package dev.thresher.e2e.bench;

import dev.thresher.e2e.cloud.Answers;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.cloud.Relay;
import dev.thresher.e2e.lab.Addresses;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Machine;
import dev.thresher.e2e.lab.Probe;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The two addresses of a control plane on its nodes, each with an API server as far as anybody can
/// tell: what becomes of the answers when their holder ends.
///
/// One client asks all the time who has the addresses, another makes connections to the API server
/// at both.
final class ControlPlaneBench {

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /// Answers to each family that are looked at before the holder ends, and as many after it.
  private static final int WINDOW = 300;

  /// Of a connection: what was lost is sent again after a second, and counts as lost.
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private static final Duration BEFORE = Duration.ofMillis(50);

  private final Cloud cloud;
  private final Map<String, String> settings;
  private final int runs;
  private final Duration pace;
  private final Client client;
  private final Addresses addresses;
  private final Map<String, String> byMac;
  private final String label;

  /// @param cloud prepared, with the right that is asked for, nothing started
  /// @param settings of the vip-managers, besides those by which they hold the addresses
  /// @param pace between two connections to one address
  ControlPlaneBench(Cloud cloud, Map<String, String> settings, int runs, Duration pace) {
    this.cloud = cloud;
    this.settings = settings;
    this.runs = runs;
    this.pace = pace;
    this.client = cloud.lab().client("c1");
    this.addresses = cloud.lab().freeAddress(1);
    this.byMac = cloud.holdersByLinkAddress();
    this.label = ", control plane" + cloud.right().label();
  }

  void start() {
    var all = new HashMap<>(settings);
    all.put("svc_enable", "false");
    all.put("cp_enable", "true");
    all.put("address", addresses.ipv4() + "," + addresses.ipv6());
    cloud.vipSettings(all);
    for (Machine node : cloud.holders()) {
      Relay.start(cloud.lab(), node, cloud.holding());
      cloud.startVipManager(node);
    }
    awaitAll();
  }

  private void awaitAll() {
    Readiness.awaitPrograms(cloud, PATIENCE);
    Readiness.awaitMesh(cloud, PATIENCE);
  }

  /// @param ending of the holder
  List<Series> takeovers(Ending ending) {
    String what = ending.what();
    var next = new Series(what + " → next answer to who-has" + label, "ms");
    var next6 = new Series(what + " → next answer to neighbour solicitation" + label, "ms");
    var before = new Series("before: longest gap of who-has answers" + label, "ms");
    var gap = new Series(what + ": longest gap of who-has answers" + label, "ms");
    var gap6 = new Series(what + ": longest gap of neighbour advertisements" + label, "ms");
    var back = new Series(what + ", and back: longest gap of who-has answers" + label, "ms");
    var https = new Series(what + ": longest gap of HTTPS answers IPv4" + label, "ms");
    var https6 = new Series(what + ": longest gap of HTTPS answers IPv6" + label, "ms");
    var lost = new Series(what + ": connections without an answer" + label, "connections");
    var twice = new Series(what + ": two nodes answered" + label, "ms");
    for (int i = 0; i < runs; i++) {
      try (var watch = new Watch(client, addresses, PATIENCE);
          Probe<Attempt> four = user(addresses.ipv4());
          Probe<Attempt> six = user("[" + addresses.ipv6() + "]")) {
        String mac = watch.holder();
        String holder = Objects.requireNonNull(byMac.get(mac), mac);
        four.await("an HTTPS answer", PATIENCE, Attempt::ok);
        six.await("an HTTPS answer", PATIENCE, Attempt::ok);
        long looked = System.nanoTime();
        watch.awaitMore(WINDOW);
        long ended = System.nanoTime();
        ending.end().accept(holder);
        next.add(Duration.ofNanos(watch.other(watch.four, mac, ended).timeNanos() - ended));
        next6.add(Duration.ofNanos(watch.other(watch.six, mac, ended).timeNanos() - ended));
        answered(four, System.nanoTime());
        answered(six, System.nanoTime());
        // Until what was lost has been given up.
        watch.awaitMore(WINDOW);
        Await.until(
            ending.least() + " to pass",
            ending.least().plus(PATIENCE),
            () -> System.nanoTime() - ended >= ending.least().toNanos());
        // A process that starts takes the processor of everybody, so what follows is not in it.
        long from = ended - BEFORE.toNanos();
        long over = System.nanoTime();
        https.add(Probe.longestGap(four.lines(), from));
        https6.add(Probe.longestGap(six.lines(), from));
        lost.add((double) (unanswered(four, from) + unanswered(six, from)));
        ending.mend().accept(holder);
        watch.awaitMore(400);
        Answers answers = Answers.of(watch.four.lines());
        before.add(answers.longestGap(looked, ended));
        gap.add(answers.longestGap(from, over));
        gap6.add(Answers.of(watch.six.lines()).longestGap(from, over));
        back.add(answers.longestGap(over));
        twice.add(watch.twice(mac, ended));
      }
      awaitAll();
    }
    return List.of(before, next, next6, gap, gap6, back, https, https6, lost, twice);
  }

  private Probe<Attempt> user(String host) {
    return Probe.http(client, "https://" + host + ":6443/version", pace, TIMEOUT);
  }

  private static void answered(Probe<Attempt> user, long fromNanos) {
    user.await(
        "an HTTPS answer",
        PATIENCE,
        attempt -> attempt.ok() && attempt.startNanos() - fromNanos >= 0);
  }

  /// How many connections begun at or after a time were given up.
  private static long unanswered(Probe<Attempt> user, long fromNanos) {
    return user.lines().stream()
        .filter(attempt -> !attempt.ok() && attempt.startNanos() - fromNanos >= 0)
        .count();
  }
}
