package dev.thresher.e2e.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.lab.AuditLog;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.PaperMachines;
import dev.thresher.e2e.lab.Together;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The loadbalancer-controller alone: many load balancers on one pool of 65,000 addresses.
final class PoolBench implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int AT_ONCE = 1000;
  private static final int ONE_BY_ONE = 300;
  private static final int ON_THE_HOST = 50;
  private static final String ALLOCATION = "thresher_allocation_duration_seconds";

  private final Cloud cloud;
  private final int size;
  private final KubeApi api;
  private final HostObjects objects;
  private final BenchPool pool;

  /// @param cloud prepared, with audit logs, nothing started
  /// @param size so many load balancers in the end, at least 1,000
  PoolBench(Cloud cloud, int size) {
    this.cloud = cloud;
    this.size = size;
    this.api = cloud.host().api();
    this.objects = new HostObjects(cloud.host());
    this.pool = new BenchPool(cloud, "bench", "10.77.0.0/16");
  }

  @Override
  public void close() {
    pool.close();
  }

  /// Each figure is told as soon as it is there.
  void run(Consumer<Series> tell) {
    cloud.startLoadBalancerController("1");
    pool.awaitReady(PATIENCE);
    tell.accept(writesOfOneOnTheHost());
    writesOfAnnounced(tell);
    atOnce(tell);
    oneByOne().forEach(tell);
    tell.accept(poolSize());
    restart(tell);
    deletion(tell);
  }

  /// `workloadType: vm` without machines: finalizer, claim, slice, Service, status, and what the
  /// API server makes of it.
  private Series writesOfOneOnTheHost() {
    int count = ON_THE_HOST;
    var series = new Series("pool: writes per LoadBalancer of machines", "requests");
    Instant from = Instant.now();
    Together.run(count, n -> create("vm-" + n, "vm"));
    awaitAddresses("vm-", count);
    // The last Service follows its claim.
    Await.until("all Services", PATIENCE, () -> objects.services().size() == count);
    awaitQuiet(from);
    series.add(writes(from, this::ofOneBalancer) / count);
    deleteOnTheHost("vm-", count);
    return series;
  }

  /// As users have them: with a machine behind, and somebody who holds the address and says so in
  /// the Service's status, which here is this program.
  private void writesOfAnnounced(Consumer<Series> tell) {
    api.apply(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: IPPool
        metadata: {name: bench-dual}
        spec:
          ranges: [{subnet: 10.78.0.0/16}, {subnet: "fd00:78::/112"}]
        """);
    var machines = new PaperMachines(cloud.lab(), Cloud.GUEST);
    machines.create(1);
    String machine =
        "\"backendServerSelector\": {\"guestcluster.harvesterhci.io/name\": [\"%s\"]}"
            .formatted(Cloud.GUEST);
    String single = "\"ipPool\": \"bench\", " + machine;
    String dual =
        "\"ipPool\": \"bench-dual\", \"ipFamilyPolicy\": \"RequireDualStack\", " + machine;
    String onHost = ", \"placement\": \"host\"";
    tell.accept(writesOfAnnounced("of machines", 1, "vm", single));
    tell.accept(writesOfAnnounced("of machines, dual-stack", 2, "vm", dual));
    tell.accept(writesOfAnnounced("of a guest, on the host", 1, "cluster", single + onHost));
    tell.accept(
        writesOfAnnounced("of a guest, on the host, dual-stack", 2, "cluster", dual + onHost));
    machines.remove(List.of(0));
  }

  /// @param addresses of each load balancer
  /// @param fields of each specification
  private Series writesOfAnnounced(String whose, int addresses, String workload, String fields) {
    int count = ON_THE_HOST;
    var series =
        new Series(
            "pool: writes per LoadBalancer " + whose + ", with a machine and announced",
            "requests");
    Instant from = Instant.now();
    Together.run(count, n -> createWith("announced-" + n, workload, fields));
    awaitAddresses("announced-", count);
    Await.until("all Services", PATIENCE, () -> objects.services().size() == count);
    // What is counted is the usual order: an address is announced once everything is there.
    awaitQuiet(from);
    Together.run(count, n -> announce("announced-" + n, addresses));
    Await.until(
        "all to be answering",
        PATIENCE,
        () ->
            IntStream.range(0, count)
                .allMatch(n -> answersAt(pool.balancers().get("announced-" + n), addresses)));
    awaitQuiet(Instant.now());
    series.add(writes(from, this::ofOneBalancer) / count);
    deleteOnTheHost("announced-", count);
    return series;
  }

  /// Says in the Service's status what a holder of the addresses says there.
  private void announce(String name, int addresses) {
    JsonObject allocated =
        pool.balancer(name).getAsJsonObject("status").getAsJsonObject("allocatedAddress");
    var ingress = new JsonArray();
    for (String field : addresses == 1 ? List.of("ip") : List.of("ip", "ipv6IP")) {
      var point = new JsonObject();
      point.add("ip", allocated.get(field));
      ingress.add(point);
    }
    JsonObject patch =
        JsonParser.parseString("{\"status\": {\"loadBalancer\": {}}}").getAsJsonObject();
    patch.getAsJsonObject("status").getAsJsonObject("loadBalancer").add("ingress", ingress);
    api.merge("/api/v1/namespaces/default/services/" + name + "/status", patch);
  }

  /// Whether the status says that so many addresses are announced and that somebody answers there.
  private static boolean answersAt(@Nullable JsonObject balancer, int addresses) {
    if (balancer == null || !balancer.has("status")) {
      return false;
    }
    JsonObject status = balancer.getAsJsonObject("status");
    return status.has("addresses")
        && status.getAsJsonArray("addresses").size() == addresses
        && status.has("conditions")
        && status.getAsJsonArray("conditions").asList().stream()
            .map(JsonElement::getAsJsonObject)
            .anyMatch(one -> HostObjects.text(one, "reason").equals("Answering"));
  }

  private void deleteOnTheHost(String prefix, int count) {
    Together.run(count, n -> pool.delete(prefix + n));
    Await.until(
        "all Services to be gone",
        PATIENCE,
        () -> objects.services().isEmpty() && objects.claims().isEmpty());
  }

  private void atOnce(Consumer<Series> tell) {
    String what = "pool: " + AT_ONCE + " LoadBalancers at once";
    var last = new Series(what + " → address on the last", "ms");
    var each = new Series(what + ": writes per LoadBalancer", "requests");
    var ofPool = new Series(what + ": writes of the pool", "requests");
    Instant from = Instant.now();
    long began = System.nanoTime();
    Together.run(AT_ONCE, n -> create("lb-" + n, "cluster"));
    awaitAddresses("lb-", AT_ONCE);
    last.add(since(began));
    awaitQuiet(from);
    each.add(writes(from, this::ofOneBalancer) / AT_ONCE);
    ofPool.add(writes(from, request -> request.resource().equals("ippools")));
    tell.accept(last);
    tell.accept(each);
    tell.accept(ofPool);
  }

  /// The pool is filled to the full number but for those that are measured.
  private List<Series> oneByOne() {
    int before = size - ONE_BY_ONE;
    Together.run(before - AT_ONCE, n -> create("lb-" + (AT_ONCE + n), "cluster"));
    awaitAddresses("lb-", before);
    awaitQuiet(Instant.now());
    var series =
        new Series("pool: one LoadBalancer → address, with " + before + " on the pool", "ms");
    OpsPort ops = OpsPort.loadBalancerController(cloud, "1");
    NavigableMap<Double, Double> counted = ops.histogram(ALLOCATION);
    for (int i = before; i < size; i++) {
      String name = "lb-" + i;
      long began = System.nanoTime();
      create(name, "cluster");
      while (!hasAddress(pool.balancers().get(name))) {
        if (since(began).compareTo(PATIENCE) > 0) {
          throw new IllegalStateException("no address for " + name);
        }
        // Without a pause this would take one of two cores from what is measured.
        LockSupport.parkNanos(200_000);
      }
      series.add(since(began));
    }
    var slow = new Series("the same: 99 of 100 took at most", "ms");
    slow.add(series.percentile(99));
    var own = new Series("the same from when the controller saw it: 99 of 100 took at most", "ms");
    own.add(1000 * quantile(0.99, counted, ops.histogram(ALLOCATION)));
    return List.of(series, slow, own);
  }

  /// Within a bucket as if all were spread evenly over it, as PromQL's `histogram_quantile` has it.
  private static double quantile(
      double share, NavigableMap<Double, Double> before, NavigableMap<Double, Double> after) {
    double all = after.lastEntry().getValue() - before.lastEntry().getValue();
    double lowest = 0;
    double below = 0;
    for (var bucket : after.entrySet()) {
      double upTo = bucket.getValue() - before.getOrDefault(bucket.getKey(), 0.0);
      if (upTo >= share * all) {
        return lowest + (bucket.getKey() - lowest) * (share * all - below) / (upTo - below);
      }
      lowest = bucket.getKey();
      below = upTo;
    }
    throw new IllegalStateException("no observations: " + after);
  }

  private Series poolSize() {
    awaitQuiet(Instant.now());
    var series = new Series("pool: size of the IPPool with " + size + " addresses given", "KB");
    series.add(pool.object().toString().getBytes(StandardCharsets.UTF_8).length / 1000.0);
    return series;
  }

  private void restart(Consumer<Series> tell) {
    String what = "pool: restart with " + size + " LoadBalancers";
    var ready = new Series(what + " → ready", "ms");
    var writes = new Series(what + ": writes", "requests");
    var memory = new Series(what + ": resident memory", "MB");
    cloud.process("loadbalancer-controller-1").stop(PATIENCE);
    Instant from = Instant.now();
    long began = System.nanoTime();
    LabProcess process = cloud.startLoadBalancerController("1");
    pool.awaitReady(PATIENCE);
    ready.add(since(began));
    // Everything is looked at once by then.
    awaitQuiet(Instant.now());
    memory.add(ResidentMemory.settledMegabytes(process.pid()));
    writes.add(writes(from, request -> !request.isOfLeadership()));
    tell.accept(ready);
    tell.accept(writes);
    tell.accept(memory);
  }

  private void deletion(Consumer<Series> tell) {
    var series = new Series("pool: " + size + " LoadBalancers deleted → nothing left", "ms");
    long began = System.nanoTime();
    Together.run(size, n -> pool.delete("lb-" + n));
    Await.until("everything to be gone", PATIENCE, () -> objects.leftovers().isEmpty());
    series.add(since(began));
    tell.accept(series);
  }

  private void create(String name, String workload) {
    createWith(name, workload, "\"ipPool\": \"bench\"");
  }

  /// @param fields further ones of the specification
  private void createWith(String name, String workload, String fields) {
    pool.create(
        name,
        """
        "workloadType": "%s", %s,
        "listeners": [{"name": "http", "port": 80, "protocol": "TCP", "backendPort": 80}]
        """
            .formatted(workload, fields));
  }

  private void awaitAddresses(String prefix, int count) {
    Await.until(
        count + " addresses",
        PATIENCE,
        () ->
            IntStream.range(0, count).allMatch(n -> hasAddress(pool.balancers().get(prefix + n))));
  }

  private static boolean hasAddress(@Nullable JsonObject balancer) {
    return balancer != null && !BenchPool.address(balancer).isEmpty();
  }

  /// Until the controller has written nothing for two seconds.
  private void awaitQuiet(Instant from) {
    Await.until(
        "the controller to rest",
        PATIENCE,
        () -> {
          Instant border = Instant.now().minusSeconds(2);
          return border.isAfter(from)
              && writes(border, request -> !request.resource().equals("leases")) == 0;
        });
  }

  private boolean ofOneBalancer(AuditLog.Request request) {
    return !Set.of("leases", "ippools", "events").contains(request.resource());
  }

  private double writes(Instant from, Predicate<AuditLog.Request> which) {
    return cloud.host().audit().requests().stream()
        .filter(request -> !request.time().isBefore(from))
        .filter(request -> request.userAgent().startsWith("thresher-loadbalancer-controller/"))
        .filter(AuditLog.Request::isWrite)
        .filter(which)
        .count();
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }
}
