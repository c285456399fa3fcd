package dev.thresher.e2e.bench;

import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.LabException;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Together;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/// The loadbalancer-controller alone, killed in the middle of bursts: many load balancers made at
/// once on one pool, and all deleted at once. What counts is that each has one address in the end,
/// that none is kept for nobody, and that the numbers say so.
final class BurstBench implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String CONTROLLER = "loadbalancer-controller-1";

  /// What 10.76.0.0/16 has to give, without its gateway.
  private static final int TOTAL = 65_533;

  /// So that a successor need not wait long for the lease of one that was killed.
  private static final List<String> FLAGS =
      List.of(
          "--leader-elect-lease-duration=3s",
          "--leader-elect-renew-deadline=2s",
          "--leader-elect-retry-period=500ms");

  private final Cloud cloud;
  private final int size;
  private final HostObjects objects;
  private final BenchPool pool;

  /// @param cloud prepared, nothing started
  /// @param size so many load balancers
  BurstBench(Cloud cloud, int size) {
    this.cloud = cloud;
    this.size = size;
    this.objects = new HostObjects(cloud.host());
    this.pool = new BenchPool(cloud, "burst", "10.76.0.0/16");
  }

  @Override
  public void close() {
    pool.close();
  }

  /// Each figure is told as soon as it is there.
  void run(Consumer<Series> tell) {
    cloud.startLoadBalancerController("1", FLAGS);
    pool.awaitReady(PATIENCE);
    String made = "burst: " + size + " LoadBalancers, the controller killed twice";
    var last = new Series(made + " → address on the last", "ms");
    long began = System.nanoTime();
    amid(this::create, () -> given().size() > size / 3, () -> given().size() > 2 * size / 3);
    await("an address for each", () -> given().size() == size);
    last.add(Duration.ofNanos(System.nanoTime() - began));
    tell.accept(last);
    judge(made).forEach(tell);

    String deleted = "burst: all of them deleted, the controller killed twice";
    var gone = new Series(deleted + " → nothing left", "ms");
    began = System.nanoTime();
    amid(
        n -> pool.delete(name(n)),
        () -> pool.balancers().size() < 2 * size / 3,
        () -> pool.balancers().size() < size / 3);
    await("everything to be gone", () -> objects.leftovers().isEmpty());
    gone.add(Duration.ofNanos(System.nanoTime() - began));
    tell.accept(gone);
    await(
        "all addresses to be free",
        () -> status().get("available").getAsInt() == TOTAL && metric("used") == 0);
  }

  /// With so short a lease a machine that stands still for a moment costs it, too.
  private void await(String what, BooleanSupplier condition) {
    Await.until(
        what,
        PATIENCE,
        () -> {
          cloud.restartDeposed();
          return condition.getAsBoolean();
        });
  }

  /// Does the work for each, and kills the controller when the two states are reached.
  private void amid(IntConsumer work, BooleanSupplier first, BooleanSupplier second) {
    CompletableFuture<Void> working = CompletableFuture.runAsync(() -> Together.run(size, work));
    for (BooleanSupplier condition : List.of(first, second)) {
      await("the middle of it", condition);
      LabProcess process = cloud.process(CONTROLLER);
      process.kill();
      process.onExit().join();
      cloud.startAgain(CONTROLLER);
    }
    try {
      working.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while the requests went out", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new LabException("not all requests went out: " + e.getMessage(), e);
    }
  }

  /// Owner to address, of the load balancers that have one.
  private Map<String, String> given() {
    var given = new TreeMap<String, String>();
    pool.balancers()
        .forEach((name, object) -> {
          String address = BenchPool.address(object);
          if (!address.isEmpty()) {
            given.put("default/" + name, address);
          }
        });
    return given;
  }

  /// What must not be: each of these is 0.
  private List<Series> judge(String what) {
    Map<String, String> given = given();
    var twice = new Series(what + ": addresses given twice", "addresses");
    twice.add(given.size() - new HashSet<>(given.values()).size());
    var lost = new Series(what + ": claims that are wrong or missing", "claims");
    List<JsonObject> claims = objects.claims();
    int rightful = 0;
    for (JsonObject claim : claims) {
      String owner =
          HostObjects.text(claim, "spec", "owner", "namespace")
              + "/"
              + HostObjects.text(claim, "spec", "owner", "name");
      rightful += HostObjects.text(claim, "spec", "address").equals(given.get(owner)) ? 1 : 0;
    }
    lost.add(claims.size() - rightful + (size - rightful));
    var counters = new Series(what + ": counters that differ in the end", "counters");
    Await.until("the pool's status to name all", PATIENCE, () -> said().equals(given));
    counters.add(
        (status().get("total").getAsInt() == TOTAL ? 0 : 1)
            + (status().get("available").getAsInt() == TOTAL - size ? 0 : 1)
            + (metric("used") == size ? 0 : 1)
            + (metric("available") == TOTAL - size ? 0 : 1));
    return List.of(twice, lost, counters);
  }

  private JsonObject status() {
    return pool.object().getAsJsonObject("status");
  }

  private Map<String, String> said() {
    var said = new TreeMap<String, String>();
    status()
        .getAsJsonObject("allocated")
        .asMap()
        .forEach((address, owner) -> said.put(owner.getAsString(), address));
    return said;
  }

  private double metric(String which) {
    return OpsPort.loadBalancerController(cloud, "1")
        .metric("thresher_pool_addresses_" + which + "{pool=\"burst\"}")
        .orElse(0);
  }

  private void create(int number) {
    pool.create(name(number), "\"workloadType\": \"cluster\", \"ipPool\": \"burst\"");
  }

  private static String name(int number) {
    return "burst-" + number;
  }
}
