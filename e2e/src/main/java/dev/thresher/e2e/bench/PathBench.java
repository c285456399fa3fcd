package dev.thresher.e2e.bench;

import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Answers;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.Holder;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.Pod;
import dev.thresher.e2e.lab.Probe;
import dev.thresher.e2e.lab.Vm;
import java.time.Duration;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.Optional;

/// Service created to first answer, and what becomes of the answers when the holder ends.
final class PathBench {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration PACE = Duration.ofMillis(5);
  private static final int UDP_PORT = 81;

  private final Cloud cloud;
  private final int runs;
  private final Duration minSync;
  private final String label;
  private final Client client;
  private int number;

  PathBench(Cloud cloud, int runs, Duration minSync) {
    this.cloud = cloud;
    this.runs = runs;
    this.minSync = minSync;
    this.label =
        cloud.placement().word()
            + cloud.right().label()
            + ", kube-proxy min sync "
            + minSync.toMillis()
            + " ms";
    this.client = cloud.lab().client("c1");
    for (Vm vm : cloud.lab().vms(Cloud.GUEST)) {
      vm.pod("web-" + vm.name(), Map.of("app", "web"));
    }
  }

  List<Series> first() {
    var status = new Series("Service created → addresses in its status, " + label, "ms");
    var v4 = new Series("Service created → first HTTP answer IPv4, " + label, "ms");
    var v6 = new Series("Service created → first HTTP answer IPv6, " + label, "ms");
    var gone = new Series("Service deleted → gone, nothing left, " + label, "ms");
    for (int i = 0; i < runs; i++) {
      awaitSyncPeriod();
      long created = System.nanoTime();
      GuestService service = create();
      List<String> addresses =
          Await.value(
              "two addresses",
              PATIENCE,
              () -> Optional.of(service.addresses()).filter(a -> a.size() == 2));
      status.add(Duration.ofNanos(System.nanoTime() - created));
      for (String address : addresses) {
        try (Probe<Attempt> probe =
            Probe.http(client, GuestService.url(address), PACE, Duration.ofSeconds(1))) {
          Attempt answer = probe.await("an HTTP answer", PATIENCE, Attempt::ok);
          (address.indexOf(':') < 0 ? v4 : v6).add(Duration.ofNanos(answer.endNanos() - created));
        }
      }
      long deleted = System.nanoTime();
      remove(service);
      gone.add(Duration.ofNanos(System.nanoTime() - deleted));
    }
    return List.of(status, v4, v6, gone);
  }

  /// @param ending of the holder
  List<Series> takeovers(Ending ending) {
    String what = ending.what();
    var next = new Series(what + " → next answer to who-has, " + label, "ms");
    var gap = new Series(what + ": longest gap of who-has answers, " + label, "ms");
    var nextV6 = new Series(what + " → next answer to neighbour solicitation, " + label, "ms");
    var http = new Series(what + ": longest gap of HTTP answers, " + label, "ms");
    var lost = new Series(what + ": datagrams without an answer, as time, " + label, "ms");
    var twice = new Series(what + ": two nodes answered, " + label, "ms");
    GuestService service = create();
    alsoUdp(service);
    List<String> addresses =
        Await.value(
            "two addresses",
            PATIENCE,
            () -> Optional.of(service.addresses()).filter(a -> a.size() == 2));
    String v4 = addresses.stream().filter(a -> a.indexOf(':') < 0).findFirst().orElseThrow();
    String v6 = addresses.stream().filter(a -> a.indexOf(':') >= 0).findFirst().orElseThrow();
    for (int i = 0; i < runs; i++) {
      String node = Await.value("a holder", PATIENCE, () -> Holder.of(cloud, service));
      try (Probe<Claim> watcher = Probe.neighbour(client, client.interfaceName(), v4, PACE);
          Probe<Claim> watcher6 = Probe.neighbour(client, client.interfaceName(), v6, PACE);
          Probe<Attempt> user =
              Probe.http(client, GuestService.url(v4), PACE, Duration.ofSeconds(1));
          Probe<Attempt> datagrams = Probe.udp(client, v4 + ":" + UDP_PORT, PACE)) {
        String mac = watcher.await("an answer", PATIENCE, Claim::asked).mac();
        watcher6.await("an answer", PATIENCE, Claim::asked);
        user.await("an HTTP answer", PATIENCE, Attempt::ok);
        datagrams.await("an answered datagram", PATIENCE, Attempt::ok);
        long ended = System.nanoTime();
        ending.end().accept(node);
        next.add(Duration.ofNanos(Watch.other(watcher, mac, ended, PATIENCE).timeNanos() - ended));
        nextV6.add(
            Duration.ofNanos(Watch.other(watcher6, mac, ended, PATIENCE).timeNanos() - ended));
        awaitAnswers(watcher, 200);
        Await.until(
            ending.least() + " to pass",
            ending.least().plus(PATIENCE),
            () -> System.nanoTime() - ended >= ending.least().toNanos());
        ending.mend().accept(node);
        awaitAnswers(watcher, 400);
        Answers answers = Answers.of(watcher.lines());
        gap.add(answers.longestGap(ended - Duration.ofMillis(50).toNanos()));
        twice.add(
            answers
                .saidAfterAnother(mac, ended)
                .plus(Answers.of(watcher6.lines()).saidAfterAnother(mac, ended)));
        http.add(Probe.longestGap(user.lines()));
        lost.add(PACE.multipliedBy(unanswered(datagrams.lines())));
      }
      Readiness.awaitAll(cloud, PATIENCE);
    }
    remove(service);
    return List.of(next, nextV6, gap, http, lost, twice);
  }

  /// How many between the first answered one and the last have no answer.
  private static long unanswered(List<Attempt> answered) {
    LongSummaryStatistics ids = answered.stream().mapToLong(Attempt::id).summaryStatistics();
    return ids.getMax() - ids.getMin() + 1 - ids.getCount();
  }

  /// Gives the Service a port for datagrams beside its first one.
  private void alsoUdp(GuestService service) {
    var _ =
        cloud
            .guest()
            .api()
            .merge(
                "/api/v1/namespaces/" + service.namespace() + "/services/" + service.name(),
                JsonParser.parseString(
                        """
                        {"spec": {"ports": [
                          {"name": "first", "protocol": "TCP", "port": 80, "targetPort": %1$d},
                          {"name": "echo", "protocol": "UDP", "port": %2$d, "targetPort": %1$d}]}}
                        """
                            .formatted(Pod.PORT, UDP_PORT))
                    .getAsJsonObject());
  }

  private static void awaitAnswers(Probe<Claim> watcher, int more) {
    int seen = watcher.lines().size();
    Await.until(more + " more answers", PATIENCE, () -> watcher.lines().size() >= seen + more);
  }

  private GuestService create() {
    number++;
    GuestService service =
        GuestService.create(
            cloud.guest(),
            "default",
            "web",
            List.of("IPv4", "IPv6"),
            Map.of("bench/run", String.valueOf(number)));
    return service;
  }

  private void remove(GuestService service) {
    service.delete();
    var host = new HostObjects(cloud.host());
    Await.until(
        "everything to be gone",
        PATIENCE,
        () -> service.object().isEmpty() && host.leftovers().isEmpty());
  }

  /// Lets kube-proxy's sync period end after the run before, so that each run meets a proxy that
  /// may sync at once. The period is a length of time and shows in nothing else.
  private void awaitSyncPeriod() {
    long until = System.nanoTime() + minSync.toNanos() + Duration.ofMillis(500).toNanos();
    Await.until(
        "the end of kube-proxy's sync period", PATIENCE, () -> System.nanoTime() - until >= 0);
  }
}
