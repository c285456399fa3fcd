package dev.thresher.e2e.bench;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `hack/bench`. Prints Markdown tables on standard output and progress on standard error.
@Command(
    name = "hack/bench",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description = "Measures the main job on a lab on this machine.")
public final class BenchCommand implements Callable<Integer> {

  enum Scenario {
    /// Guest Service created to first HTTP answer.
    first,
    /// The holder's process is killed.
    kill,
    /// The holder's process is stopped in order.
    stop,
    /// The holder's process stands still for a while.
    freeze,
    /// The holder's cable is cut for a while.
    cut,
    /// The API server stands still for minutes, and the holder is killed meanwhile.
    away,
    /// The processors do not pause for minutes.
    busy,
    /// Start of each program to ready, and its memory then.
    start,
    /// Many nodes and Services, hand-over and API requests of the ccm; no VIP manager takes part.
    ccm,
    /// Many load balancers on one pool of the loadbalancer-controller; nothing else takes part.
    pool,
    /// The loadbalancer-controller is killed in the middle of a burst on one pool; nothing else
    /// takes part.
    burst,
    /// Many addresses on three vip-managers; nothing else takes part.
    vip,
    /// What else may happen to one, three and five vip-managers; nothing else takes part.
    faults
  }

  /// They have labs of their own.
  private static final Set<Scenario> ALONE =
      EnumSet.of(Scenario.ccm, Scenario.pool, Scenario.burst, Scenario.vip, Scenario.faults);

  @Parameters(
      paramLabel = "SCENARIO",
      arity = "0..*",
      description =
          "Which: ${COMPLETION-CANDIDATES}. Default: all but freeze, cut, away, busy, burst,"
              + " vip and faults.")
  private List<Scenario> scenarios = new ArrayList<>();

  @Option(
      names = "--runs",
      defaultValue = "10",
      description = "Measurements of each figure. Default: ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--pool-size",
      defaultValue = "3000",
      description =
          "Load balancers of the scenarios \"pool\", from 1400, and \"burst\". Default:"
              + " ${DEFAULT-VALUE}.")
  private int poolSize;

  @Option(
      names = "--addresses",
      defaultValue = "1000",
      description = "Addresses of the scenario \"vip\", to 2000. Default: ${DEFAULT-VALUE}.")
  private int addresses;

  @Option(
      names = "--placement",
      split = ",",
      defaultValue = "guest,host",
      description = "Placements. Default: ${DEFAULT-VALUE}.")
  private List<Placement> placements = List.of();

  @Option(
      names = "--right",
      split = ",",
      defaultValue = "leases",
      description =
          "What says who may hold an address, ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private List<VipRight> rights = List.of();

  @Option(
      names = "--nodes",
      split = ",",
      defaultValue = "1,3,5",
      description = "How many nodes the scenario \"faults\" has. Default: ${DEFAULT-VALUE}.")
  private List<Integer> nodes = List.of();

  @Option(
      names = "--majority-lease",
      paramLabel = "MS",
      defaultValue = "400",
      description = "Lease of the right by a majority. Default: ${DEFAULT-VALUE}.")
  private int majorityLease;

  @Option(
      names = "--seconds",
      defaultValue = "600",
      description =
          "How long the scenarios \"away\" and \"busy\" last, each run. Default: ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--frozen",
      paramLabel = "SECONDS",
      defaultValue = "20",
      description =
          "How long a process stands still in \"freeze\"; at least until another node holds."
              + " Default: ${DEFAULT-VALUE}.")
  private int frozen;

  @Option(
      names = "--parted",
      paramLabel = "SECONDS",
      defaultValue = "40",
      description =
          "How long a partition lasts in \"cut\", at least until another node holds, and in"
              + " \"faults\". Default: ${DEFAULT-VALUE}.")
  private int parted;

  @Option(
      names = "--kube-proxy-min-sync",
      split = ",",
      paramLabel = "MS",
      defaultValue = "50,1000",
      description =
          "Values of kube-proxy's least time between syncs for the scenario \"first\". Default: ${DEFAULT-VALUE}.")
  private List<Integer> minSyncs = List.of();

  private Duration lasting() {
    return Duration.ofSeconds(seconds);
  }

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new BenchCommand())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(args));
  }

  @Override
  public Integer call() {
    Optional<String> obstacle = Lab.obstacle();
    if (obstacle.isPresent()) {
      System.err.println("hack/bench: " + obstacle.get());
      return 3;
    }
    List<Scenario> wanted =
        scenarios.isEmpty()
            ? List.copyOf(
                EnumSet.complementOf(
                    EnumSet.of(
                        Scenario.freeze,
                        Scenario.cut,
                        Scenario.away,
                        Scenario.busy,
                        Scenario.burst,
                        Scenario.vip,
                        Scenario.faults)))
            : scenarios;
    System.out.println(Series.header());
    if (wanted.contains(Scenario.ccm)) {
      withoutTraffic(this::ccm);
    }
    if (wanted.contains(Scenario.pool)) {
      withoutTraffic(this::pool);
    }
    if (wanted.contains(Scenario.burst)) {
      withoutTraffic(this::burst);
    }
    if (wanted.contains(Scenario.vip)) {
      rights.forEach(this::vip);
    }
    if (wanted.contains(Scenario.faults)) {
      rights.forEach(right -> nodes.forEach(count -> faults(right, count)));
    }
    wanted = wanted.stream().filter(s -> !ALONE.contains(s)).toList();
    if (wanted.isEmpty()) {
      return 0;
    }
    for (Placement placement : placements) {
      for (int minSync : wanted.contains(Scenario.first) ? minSyncs : List.of(50)) {
        List<Scenario> here =
            minSync == minSyncs.getFirst() || !wanted.contains(Scenario.first)
                ? wanted
                : List.of(Scenario.first);
        for (VipRight right : rights) {
          measure(placement, right, Duration.ofMillis(minSync), here);
        }
      }
    }
    return 0;
  }

  private void measure(
      Placement placement, VipRight right, Duration minSync, List<Scenario> wanted) {
    try (Lab lab =
        Lab.builder()
            .hostNodes(2)
            .guest(Cloud.GUEST, g -> g.vms(3))
            .kubeProxyMinSync(minSync)
            .progress(System.err::println)
            .start()) {
      try {
        var cloud = Cloud.prepare(lab, placement);
        cloud.right(right);
        cloud.vipSettings(vipSettings());
        if (wanted.contains(Scenario.start)) {
          new StartBench(cloud, runs).run(BenchCommand::print);
        }
        cloud.startAll();
        Readiness.awaitAll(cloud, Duration.ofSeconds(60));
        var path =
            new PathBench(
                cloud,
                runs,
                minSync,
                new PathBench.Lasting(Duration.ofSeconds(frozen), Duration.ofSeconds(parted)));
        for (Scenario scenario : wanted) {
          switch (scenario) {
            case first -> path.first().forEach(BenchCommand::print);
            case kill -> path.kill().forEach(BenchCommand::print);
            case stop -> path.stop().forEach(BenchCommand::print);
            case freeze -> path.freeze().forEach(BenchCommand::print);
            case cut -> path.cut().forEach(BenchCommand::print);
            case away -> new LongBench(cloud, runs, lasting()).away().forEach(BenchCommand::print);
            case busy -> new LongBench(cloud, runs, lasting()).busy().forEach(BenchCommand::print);
            case start, ccm, pool, burst, vip, faults -> {}
          }
        }
      } catch (LabException e) {
        lab.keepLogs();
        throw e;
      }
    }
  }

  /// Programs on two control planes with audit logs, and nothing that forwards.
  private void withoutTraffic(Consumer<Cloud> bench) {
    BenchLab.run(BenchLab.withoutTraffic().progress(System.err::println), bench);
  }

  private void ccm(Cloud cloud) {
    try (var bench = new CcmBench(cloud, runs)) {
      bench.run(BenchCommand::print);
    }
  }

  private void pool(Cloud cloud) {
    try (var bench = new PoolBench(cloud, poolSize)) {
      bench.run(BenchCommand::print);
    }
  }

  private void burst(Cloud cloud) {
    try (var bench = new BurstBench(cloud, poolSize)) {
      bench.run(BenchCommand::print);
    }
  }

  private void vip(VipRight right) {
    vipManagers(right, 3, cloud -> new VipBench(cloud, addresses, runs).run(BenchCommand::print));
  }

  private void faults(VipRight right, int count) {
    vipManagers(
        right,
        count,
        cloud ->
            new FaultBench(cloud, majorityLease, runs, Duration.ofSeconds(parted))
                .run(BenchCommand::print));
  }

  /// vip-managers on the nodes of a guest, of which none is started yet, and nothing else.
  private void vipManagers(VipRight right, int count, Consumer<Cloud> bench) {
    BenchLab.run(
        BenchLab.vipManagers(count).audit(true).progress(System.err::println),
        cloud -> {
          cloud.right(right);
          cloud.vipSettings(vipSettings());
          bench.accept(cloud);
        });
  }

  private Map<String, String> vipSettings() {
    return Map.of("vip_majority_lease", String.valueOf(majorityLease));
  }

  private static void print(Series series) {
    System.out.println(series.row());
    System.out.flush();
  }
}
