package dev.thresher.e2e.bench;

import dev.thresher.e2e.cloud.Answers;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.Holder;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.Addresses;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.LabProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What lasts for minutes: an API server that is away, and processors without a pause. A client
/// asks all the time who has a Service's addresses.
final class LongBench {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Cloud cloud;
  private final int runs;
  private final Duration lasting;
  private final String label;
  private final Client client;

  LongBench(Cloud cloud, int runs, Duration lasting) {
    this.cloud = cloud;
    this.runs = runs;
    this.lasting = lasting;
    this.label =
        cloud.placement().word() + cloud.right().label() + ", " + lasting.toSeconds() + " s";
    this.client = cloud.lab().client("c1");
  }

  /// The API server stands still; the holder is killed when it has done so for long.
  List<Series> away() {
    var gap = new Series("API server away: longest gap of who-has answers, " + label, "ms");
    var moves = new Series("API server away: changes of the holder, " + label, "");
    var next =
        new Series("API server away, holder killed → next answer to who-has, " + label, "ms");
    var next6 =
        new Series(
            "API server away, holder killed → next answer to neighbour solicitation, " + label,
            "ms");
    var twice = new Series("API server away: two nodes answered, " + label, "ms");
    GuestService service = create();
    for (int i = 0; i < runs; i++) {
      String node = Await.value("a holder", PATIENCE, () -> Holder.of(cloud, service));
      try (Watch watch = new Watch(client, addresses(service), PATIENCE)) {
        String mac = watch.holder();
        long began = System.nanoTime();
        cloud.holding().pause();
        try {
          Await.pass(lasting);
          gap.add(watch.longestGap(began));
          moves.add(watch.moves());
          LabProcess holder = cloud.process("vip-manager-" + node);
          long killed = System.nanoTime();
          holder.kill();
          next.add(Duration.ofNanos(watch.other(watch.four, mac, killed).timeNanos() - killed));
          next6.add(Duration.ofNanos(watch.other(watch.six, mac, killed).timeNanos() - killed));
          holder.onExit().join();
          watch.awaitMore(200);
          twice.add(watch.twice(mac, killed));
        } finally {
          cloud.holding().resume();
        }
      }
      cloud.startAgain("vip-manager-" + node);
      cloud.restartDeposed();
      Readiness.awaitAll(cloud, PATIENCE);
    }
    remove(service);
    return List.of(gap, moves, next, next6, twice);
  }

  /// As many processes that never pause as there are processors.
  List<Series> busy() {
    var gap = new Series("processors busy: longest gap of who-has answers, " + label, "ms");
    var moves = new Series("processors busy: changes of the holder, " + label, "");
    var twice = new Series("processors busy: two nodes answered, " + label, "ms");
    GuestService service = create();
    for (int i = 0; i < runs; i++) {
      List<LabProcess> burning = new ArrayList<>();
      try (Watch watch = new Watch(client, addresses(service), PATIENCE)) {
        var _ = watch.holder();
        for (int n = 0; n < Runtime.getRuntime().availableProcessors(); n++) {
          burning.add(
              cloud
                  .lab()
                  .start(
                      client, "busy-" + n, List.of("sh", "-c", "while :; do :; done"), Map.of()));
        }
        long began = System.nanoTime();
        Await.pass(lasting);
        gap.add(watch.longestGap(began));
        moves.add(watch.moves());
        twice.add(
            Answers.of(watch.four.lines())
                .doubleTime()
                .plus(Answers.of(watch.six.lines()).doubleTime()));
      } finally {
        burning.forEach(LabProcess::kill);
      }
    }
    remove(service);
    return List.of(gap, moves, twice);
  }

  /// The IPv4 address and the IPv6 address.
  private static Addresses addresses(GuestService service) {
    List<String> both =
        Await.value(
                "two addresses",
                PATIENCE,
                () -> Optional.of(service.addresses()).filter(a -> a.size() == 2))
            .stream()
            .sorted((a, b) -> Boolean.compare(a.contains(":"), b.contains(":")))
            .toList();
    return new Addresses(both.get(0), both.get(1));
  }

  private GuestService create() {
    return GuestService.create(cloud.guest(), "default", "web", List.of("IPv4", "IPv6"), Map.of());
  }

  private static void remove(GuestService service) {
    service.delete();
    Await.until("the Service to be gone", PATIENCE, () -> service.object().isEmpty());
  }
}
