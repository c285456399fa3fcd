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
      description =
          "Where what is measured is held: addresses of Services in \"guest\" and \"host\", that of"
              + " a control plane in \"control-plane\", which has the scenarios kill, stop, freeze"
              + " and cut only. Default: ${DEFAULT-VALUE}.")
  private List<Place> places = List.of();

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
          "How long a partition lasts in \"cut\" and \"faults\"; where another node takes over, at"
              + " least until it holds. Default: ${DEFAULT-VALUE}.")
  private int parted;

  @Option(
      names = "--connections",
      paramLabel = "MS",
      defaultValue = "10",
      description =
          "Between two connections to each address of a control plane, each with a handshake, which"
              + " has the processors of the nodes to share with what is measured. Default: ${DEFAULT-VALUE}.")
  private int connections;

  @Option(
      names = "--kube-proxy-min-sync",
      split = ",",
      paramLabel = "MS",
      defaultValue = "50,1000",
      description =
          "Values of kube-proxy's least time between syncs for the scenario \"first\". Default: ${DEFAULT-VALUE}.")
  private List<Integer> minSyncs = List.of();

  private Duration minutes() {
    return Duration.ofSeconds(seconds);
  }

  private Ending.Lasting lasting() {
    return new Ending.Lasting(Duration.ofSeconds(frozen), Duration.ofSeconds(parted));
  }

  public static void main(String[] args) {
    System.exit(line().execute(args));
  }

  static CommandLine line() {
    return new CommandLine(new BenchCommand()).setCaseInsensitiveEnumValuesAllowed(true);
  }

  @Override
  public Integer call() {
    Optional<Scenario> nowhere = scenarios.stream().filter(this::isNowhere).findFirst();
    if (nowhere.isPresent()) {
      System.err.println(
          "hack/bench: --placement=control-plane has no scenario \""
              + nowhere.get()
              + "\": want some of "
              + Scenario.ENDINGS
              + ", or --placement=guest,host");
      return 2;
    }
    Optional<String> obstacle = Lab.obstacle();
    if (obstacle.isPresent()) {
      System.err.println("hack/bench: " + obstacle.get());
      return 3;
    }
    List<Scenario> wanted =
        scenarios.isEmpty()
            ? List.copyOf(EnumSet.complementOf(EnumSet.copyOf(Scenario.ON_REQUEST)))
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
    List<Scenario> held = wanted.stream().filter(s -> !Scenario.ALONE.contains(s)).toList();
    List<Scenario> endings = held.stream().filter(Scenario.ENDINGS::contains).toList();
    for (Place place : places) {
      Optional<Placement> placement = place.ofServices();
      if (placement.isPresent() && !held.isEmpty()) {
        services(placement.get(), held);
      } else if (placement.isEmpty() && !endings.isEmpty()) {
        rights.forEach(right -> controlPlane(right, endings));
      }
    }
    return 0;
  }

  /// Whether no place that was asked for has it.
  private boolean isNowhere(Scenario scenario) {
    return !Scenario.ALONE.contains(scenario)
        && !Scenario.ENDINGS.contains(scenario)
        && places.stream().allMatch(place -> place.ofServices().isEmpty());
  }

  private void services(Placement placement, List<Scenario> wanted) {
    boolean first = wanted.contains(Scenario.first);
    for (int minSync : first ? minSyncs : List.of(50)) {
      List<Scenario> here =
          minSync == minSyncs.getFirst() || !first ? wanted : List.of(Scenario.first);
      rights.forEach(right -> measure(placement, right, Duration.ofMillis(minSync), here));
    }
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
        var path = new PathBench(cloud, runs, minSync);
        for (Scenario scenario : wanted) {
          switch (scenario) {
            case first -> path.first().forEach(BenchCommand::print);
            case kill, stop, freeze, cut ->
                path.takeovers(scenario.ending(cloud, lasting())).forEach(BenchCommand::print);
            case away -> new LongBench(cloud, runs, minutes()).away().forEach(BenchCommand::print);
            case busy -> new LongBench(cloud, runs, minutes()).busy().forEach(BenchCommand::print);
            case start, ccm, pool, burst, vip, faults -> {}
          }
        }
      } catch (LabException e) {
        lab.keepLogs();
        throw e;
      }
    }
  }

  /// The nodes of a guest are those of the control plane.
  private void controlPlane(VipRight right, List<Scenario> endings) {
    BenchLab.run(
        BenchLab.vipManagers(3).progress(System.err::println),
        cloud -> {
          cloud.right(right);
          var bench =
              new ControlPlaneBench(cloud, vipSettings(), runs, Duration.ofMillis(connections));
          bench.start();
          for (Scenario scenario : endings) {
            bench.takeovers(scenario.ending(cloud, lasting())).forEach(BenchCommand::print);
          }
        });
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
