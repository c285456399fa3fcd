package dev.thresher.e2e.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.AuditLog;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Claim;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import dev.thresher.e2e.lab.Probe;
import dev.thresher.e2e.lab.Together;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// vip-managers alone with many Services that say their address themselves: how far they lag
/// behind, what they cost at rest, and how long a dead node's addresses stay without an answer.
final class VipBench {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /// Between two questions about one address; announcements are heard as well.
  private static final Duration PACE = Duration.ofMillis(250);

  private static final Duration REST = Duration.ofSeconds(30);
  private static final String SERVICES = "/api/v1/namespaces/default/services";

  /// Ticks of a second in `/proc/PID/stat`, on every Linux.
  private static final double TICKS = 100;

  private final Cloud cloud;
  private final int count;
  private final int runs;
  private final Client client;
  private final List<String> addresses;
  private final String label;
  private final Map<String, String> nodes;

  /// @param cloud prepared, with audit logs, nothing started
  VipBench(Cloud cloud, int count, int runs) {
    this.cloud = cloud;
    this.count = count;
    this.runs = runs;
    this.client = cloud.lab().client("c1");
    this.addresses = addresses(cloud.lab().freeRange().ipv4(), count);
    this.nodes = cloud.holdersByLinkAddress();
    this.label = "vip: " + count + " addresses" + cloud.right().label();
  }

  /// Consecutive ones of an IPv4 network, from its first.
  private static List<String> addresses(String network, int count) {
    String[] parts = network.substring(0, network.indexOf('/')).split("\\.", -1);
    return IntStream.rangeClosed(1, count)
        .mapToObj(n ->
            parts[0]
                + "."
                + parts[1]
                + "."
                + (Integer.parseInt(parts[2]) + n / 256)
                + "."
                + n % 256)
        .toList();
  }

  /// Each figure is told as soon as it is there.
  void run(Consumer<Series> tell) {
    start();
    tell.accept(lag());
    atRest(tell);
    killed().forEach(tell);
  }

  void start() {
    cloud.holders().forEach(cloud::startVipManager);
    awaitAll();
  }

  private void awaitAll() {
    Readiness.awaitPrograms(cloud, PATIENCE);
    Readiness.awaitMesh(cloud, PATIENCE);
  }

  /// Makes the Services, too.
  Series lag() {
    var lag = new Series(label + ", last Service created → last address answered", "ms");
    try (Probe<Claim> probe = probe()) {
      Together.run(count, n -> cloud.guest().api().create(SERVICES, service(n)));
      long created = System.nanoTime();
      Await.until(
          "an answer for each address", PATIENCE, () -> holders(probe.lines()).size() == count);
      long last = probe.lines().stream().mapToLong(Claim::timeNanos).max().orElseThrow();
      lag.add(Duration.ofNanos(Math.max(0, last - created)));
    }
    return lag;
  }

  private void atRest(Consumer<Series> tell) {
    var cpu = new Series(label + ", at rest: processor time of one vip-manager", "% of a core");
    var memory = new Series(label + ", at rest: resident memory of one vip-manager", "MB");
    var requests = new Series(label + ", at rest: API requests of all in a minute", "requests");
    for (Machine machine : cloud.holders()) {
      memory.add(ResidentMemory.settledMegabytes(process(machine.name()).pid()));
    }
    var before = new HashMap<String, Double>();
    for (Machine machine : cloud.holders()) {
      before.put(machine.name(), processorSeconds(process(machine.name()).pid()));
    }
    Instant from = Instant.now();
    long began = System.nanoTime();
    Await.pass(REST);
    double seconds = (System.nanoTime() - began) / 1e9;
    for (Machine machine : cloud.holders()) {
      double used =
          processorSeconds(process(machine.name()).pid())
              - Objects.requireNonNull(before.get(machine.name()));
      cpu.add(100 * used / seconds);
    }
    long asked =
        cloud.guest().audit().requests().stream()
            .filter(request -> !request.time().isBefore(from))
            .filter(VipBench::ofVipManager)
            .count();
    requests.add(asked * 60 / seconds);
    List.of(cpu, memory, requests).forEach(tell);
  }

  List<Series> killed() {
    if (cloud.right() == VipRight.COMPATIBLE) {
      // One Lease for all: there is no other holder.
      return killed("all of them", () -> {});
    }
    List<Series> all = new ArrayList<>(killed("a third of them", () -> {}));
    all.addAll(killed("all of them", this::gather));
    return all;
  }

  /// @param which the node that is killed holds
  /// @param before each kill
  private List<Series> killed(String which, Runnable before) {
    String what = label + ", holder of " + which + " killed";
    var series = new Series(what + " → the last of these held by others", "ms");
    var twice = new Series(what + ": two nodes answered, longest", "ms");
    for (int i = 0; i < runs; i++) {
      before.run();
      try (Probe<Claim> probe = probe()) {
        Await.until(
            "an answer for each address", PATIENCE, () -> holders(probe.lines()).size() == count);
        Map<String, String> holders = holders(probe.lines());
        String victim = mostOf(holders);
        Set<String> moving =
            holders.entrySet().stream()
                .filter(holder -> holder.getValue().equals(victim))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        long killed = System.nanoTime();
        process(victim).kill();
        Await.until(
            "other holders of " + moving.size() + " addresses",
            PATIENCE,
            () -> firsts(probe.lines(), killed).keySet().containsAll(moving));
        long last =
            firsts(probe.lines(), killed).entrySet().stream()
                .filter(first -> moving.contains(first.getKey()))
                .mapToLong(Map.Entry::getValue)
                .max()
                .orElseThrow();
        series.add(Duration.ofNanos(last - killed));
        Await.pass(PACE.multipliedBy(2));
        twice.add(saidAfterAnother(victim, probe.lines(), killed));
        cloud.startAgain("vip-manager-" + victim);
        awaitAll();
      }
    }
    return List.of(series, twice);
  }

  /// Has the first node hold all addresses: the others are drained, and go on then, which takes
  /// nothing back.
  private void gather() {
    List<Machine> others = cloud.holders().stream().skip(1).toList();
    others.forEach(node -> cloud.askVipManager(node, "drain"));
    others.forEach(node -> cloud.askVipManager(node, "drain", "--undo"));
    String keeper = cloud.holders().getFirst().name();
    try (Probe<Claim> probe = probe()) {
      Await.until(
          keeper + " to hold all addresses",
          PATIENCE,
          () -> {
            Map<String, String> holders = holders(probe.lines());
            return holders.size() == count && Set.copyOf(holders.values()).equals(Set.of(keeper));
          });
    }
  }

  /// The longest time for which a node that was killed spoke for an address after another did.
  private Duration saidAfterAnother(String victim, List<Claim> claims, long killed) {
    var others = new HashMap<String, Long>();
    long longest = 0;
    for (Claim claim : claims) {
      if (claim.timeNanos() - killed < 0) {
        continue;
      }
      if (!victim.equals(nodes.get(claim.mac()))) {
        others.putIfAbsent(claim.address(), claim.timeNanos());
      } else if (others.containsKey(claim.address())) {
        longest =
            Math.max(
                longest, claim.timeNanos() - Objects.requireNonNull(others.get(claim.address())));
      }
    }
    return Duration.ofNanos(longest);
  }

  private Probe<Claim> probe() {
    return Probe.neighbours(client, client.interfaceName(), addresses.getFirst(), count, PACE);
  }

  /// When somebody spoke first for each address at or after a time.
  private static Map<String, Long> firsts(List<Claim> claims, long from) {
    var firsts = new HashMap<String, Long>();
    for (Claim claim : claims) {
      if (claim.timeNanos() - from >= 0) {
        firsts.putIfAbsent(claim.address(), claim.timeNanos());
      }
    }
    return firsts;
  }

  /// Who spoke last for each address.
  private Map<String, String> holders(List<Claim> claims) {
    var holders = new HashMap<String, String>();
    for (Claim claim : claims) {
      holders.put(claim.address(), nodes.getOrDefault(claim.mac(), claim.mac()));
    }
    return holders;
  }

  private static String mostOf(Map<String, String> holders) {
    return holders.values().stream()
        .collect(Collectors.groupingBy(node -> node, Collectors.counting()))
        .entrySet()
        .stream()
        .max(Map.Entry.comparingByValue())
        .orElseThrow()
        .getKey();
  }

  private LabProcess process(String node) {
    return cloud.process("vip-manager-" + node);
  }

  private static boolean ofVipManager(AuditLog.Request request) {
    return request.userAgent().startsWith("thresher-vip-manager/");
  }

  private static double processorSeconds(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"));
      // proc_pid_stat(5): the name may hold spaces; utime and stime are the 12th and 13th after it.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private JsonObject service(int n) {
    return JsonParser.parseString(
            """
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web-%d", "annotations": {
               "kube-vip.io/loadbalancerIPs": "%s",
               "kube-vip.io/allow-reconcile-without-endpoints": "true"}},
             "spec": {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false,
               "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}
            """
                .formatted(n, addresses.get(n)))
        .getAsJsonObject();
  }
}
