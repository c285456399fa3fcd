package dev.thresher.e2e.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.AuditLog;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.PaperMachines;
import dev.thresher.e2e.lab.Together;
import dev.thresher.e2e.lab.Watched;
import dev.thresher.e2e.soak.ccm.PaperVips;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// The ccm alone with the loadbalancer-controller: many nodes, many Services, hand-over, and what
/// it costs the API servers. No VIP manager takes part, and nodes are objects only.
final class CcmBench implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /// Nothing is written for so long by who has nothing more to write.
  private static final Duration REST = Duration.ofSeconds(5);

  private static final String ADDRESSES = "kube-vip.io/loadbalancerIPs";
  private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
  private static final String SERVICES = "/api/v1/namespaces/default/services";

  /// What Kubernetes' own controllers make for a Service, and take away some time after it.
  private static final List<String> OF_SERVICES =
      List.of(
          "/api/v1/namespaces/default/endpoints",
          "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices");

  private final Cloud cloud;
  private final int runs;
  private final ControlPlane guest;
  private final HostObjects host;
  private final PaperMachines machines;
  private final Watched services;
  private final Watched nodes;
  private final Watched leases;

  /// @param cloud prepared, with audit logs, nothing started
  CcmBench(Cloud cloud, int runs) {
    this.cloud = cloud;
    this.runs = runs;
    this.guest = cloud.guest();
    this.host = new HostObjects(cloud.host());
    this.machines = new PaperMachines(cloud.lab(), Cloud.GUEST);
    this.services = guest.api().watch(SERVICES);
    this.nodes = guest.api().watch("/api/v1/nodes");
    this.leases = guest.api().watch(LEASES);
  }

  /// Each figure is told as soon as it is there.
  void run(Consumer<Series> tell) {
    machines.create(200);
    cloud.startLoadBalancerController("1");
    await("loadbalancer-controller", OpsPort.loadBalancerController(cloud, "1"));
    tell.accept(startToLease());
    tell.accept(nodes(50));
    tell.accept(handOver());
    oneService().forEach(tell);
    burst(100, runs).forEach(tell);
    burst(500, Math.max(1, runs / 3)).forEach(tell);
    manyAtRest().forEach(tell);
  }

  @Override
  public void close() {
    services.close();
    nodes.close();
    leases.close();
  }

  private Series startToLease() {
    var series = new Series("ccm: start → lease held", "ms");
    for (int i = 0; i < runs; i++) {
      long began = System.nanoTime();
      LabProcess process = cloud.startCcm("1");
      Await.until("the lease to be held", PATIENCE, () -> !leader().isEmpty());
      series.add(since(began));
      await("ccm", OpsPort.ccm(cloud, "1"));
      process.stop(PATIENCE);
      Await.until("the lease to be free", PATIENCE, () -> leader().isEmpty());
    }
    cloud.startCcm("1");
    await("ccm", OpsPort.ccm(cloud, "1"));
    Await.until("the lease to be held", PATIENCE, () -> !leader().isEmpty());
    return series;
  }

  private Series nodes(int count) {
    var series = new Series("ccm: " + count + " nodes register → all initialised", "ms");
    for (int i = 0; i < runs; i++) {
      long began = System.nanoTime();
      machines.register(count);
      Await.until("all nodes to be initialised", PATIENCE, () -> initialized() == count);
      series.add(since(began));
      machines.forget(count);
    }
    return series;
  }

  private Series handOver() {
    var series = new Series("ccm: SIGTERM to the leader → another holds the lease", "ms");
    String leading = "1";
    for (int i = 0; i < runs; i++) {
      String standby = leading.equals("1") ? "2" : "1";
      cloud.startCcm(standby);
      await("the standby", OpsPort.ccm(cloud, standby));
      String before = leader();
      long began = System.nanoTime();
      cloud.process("ccm-" + leading).terminate();
      Await.until(
          "another leader", PATIENCE, () -> !leader().isEmpty() && !leader().equals(before));
      series.add(since(began));
      cloud.process("ccm-" + leading).onExit().join();
      leading = standby;
    }
    return series;
  }

  private List<Series> oneService() {
    var known = new Series("ccm: one Service → address on it", "ms");
    var gone = new Series("ccm: one Service deleted → nothing left", "ms");
    for (int i = 0; i < runs; i++) {
      long began = System.nanoTime();
      create(1);
      Await.until("an address", PATIENCE, () -> addressed().size() == 1);
      known.add(since(began));
      began = System.nanoTime();
      delete(1);
      awaitNothing();
      gone.add(since(began));
    }
    return List.of(known, gone);
  }

  private List<Series> burst(int count, int times) {
    String what = "ccm: " + count + " Services at once";
    var last = new Series(what + " → address on the last", "ms");
    var gone = new Series(what + ", deleted at once → nothing left", "ms");
    var late = new Series(what + ", deleted 20 s after the last address → nothing left", "ms");
    var early = new Series(what + ", deleted while half have no address → nothing left", "ms");
    var onHost = new Series(what + ": host requests of the ccm per Service", "requests");
    var onGuest = new Series(what + ": guest requests of the ccm per Service", "requests");
    for (int i = 0; i < times; i++) {
      awaitRest();
      Instant from = Instant.now();
      long began = System.nanoTime();
      create(count);
      Await.until("all addresses", PATIENCE, () -> addressed().size() == count);
      last.add(since(began));
      onHost.add(requests(cloud.host(), from, this::ofCcm) / count);
      onGuest.add(requests(guest, from, this::ofCcm) / count);
      began = System.nanoTime();
      delete(count);
      awaitNothing();
      gone.add(since(began));

      awaitRest();
      var creating = CompletableFuture.runAsync(() -> create(count));
      Await.until("half of the addresses", PATIENCE, () -> addressed().size() >= count / 2);
      began = System.nanoTime();
      creating.join();
      delete(count);
      awaitNothing();
      early.add(since(began));
    }
    awaitRest();
    create(count);
    Await.until("all addresses", PATIENCE, () -> addressed().size() == count);
    answerAll(count);
    Await.pass(Duration.ofSeconds(20));
    long began = System.nanoTime();
    delete(count);
    awaitNothing();
    late.add(since(began));
    return List.of(last, gone, late, early, onHost, onGuest);
  }

  /// 1,000 Services and 200 nodes, nothing changing.
  private List<Series> manyAtRest() {
    var idle = new Series("ccm: host requests in a minute, 200 nodes, 1,000 Services", "requests");
    var writes = new Series("ccm: writes after a restart, 1,000 Services unchanged", "requests");
    var memory = new Series("ccm: resident memory, 200 nodes, 1,000 Services", "MB");
    machines.register(200);
    create(1000);
    Await.until("all addresses", PATIENCE, () -> addressed().size() == 1000);
    answerAll(1000);
    Await.until("all nodes to be initialised", PATIENCE, () -> initialized() == 200);
    // What it has to write of the answers is no part of the restart. Events come slowly after it.
    Await.until(
        "the ccm to be at rest",
        PATIENCE,
        () -> writes(Instant.now().minus(REST), request -> !request.isEvent()) == 0);
    for (String name : cloud.programs()) {
      if (name.startsWith("ccm-") && cloud.process(name).isAlive()) {
        cloud.process(name).stop(PATIENCE);
      }
    }
    LabProcess process = cloud.startCcm("1");
    Instant restarted = Instant.now();
    await("ccm", OpsPort.ccm(cloud, "1"));
    Await.until("the lease to be held", PATIENCE, () -> !leader().isEmpty());
    Instant from = Instant.now();
    Await.pass(Duration.ofMinutes(1));
    writes.add(writes(restarted, _ -> true));
    idle.add(requests(cloud.host(), from, this::ofCcm));
    memory.add(ResidentMemory.settledMegabytes(process.pid()));
    delete(1000);
    awaitNothing();
    machines.forget(200);
    return List.of(idle, writes, memory);
  }

  private void create(int count) {
    Together.run(count, n -> guest.api().create(SERVICES, service("web-" + n)));
  }

  private static JsonObject service(String name) {
    return JsonParser.parseString(
            """
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "%1$s"},
             "spec": {"type": "LoadBalancer", "selector": {"app": "%1$s"},
               "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}
            """
                .formatted(name))
        .getAsJsonObject();
  }

  private void delete(int count) {
    Together.run(count, n -> guest.api().delete(SERVICES + "/web-" + n));
  }

  private void awaitNothing() {
    Await.until(
        "everything to be gone",
        PATIENCE,
        () ->
            services.objects().keySet().stream().noneMatch(name -> name.startsWith("web-"))
                && host.leftovers().isEmpty());
  }

  /// Until Kubernetes' own controllers have cleared up after the Services before, too: what they do
  /// then is no part of what is measured next.
  private void awaitRest() {
    Await.until(
        "Kubernetes to clear up",
        PATIENCE,
        () ->
            OF_SERVICES.stream()
                .flatMap(path -> guest.api().list(path).stream())
                .noneMatch(object -> HostObjects.name(object).startsWith("web-")));
  }

  /// Names of the Services that know their address.
  private Set<String> addressed() {
    return services.objects().values().stream()
        .filter(s -> !HostObjects.text(s, "metadata", "annotations", ADDRESSES).isEmpty())
        .map(HostObjects::name)
        .collect(Collectors.toSet());
  }

  /// Plays the guest's VIP manager until every Service has its answer: one that nobody answers is
  /// not at rest, its owner is told.
  private void answerAll(int count) {
    try (var _ = new PaperVips(guest)) {
      Await.until(
          "all answers",
          PATIENCE,
          () ->
              services.objects().values().stream()
                      .filter(service -> !GuestService.ingress(service).isEmpty())
                      .count()
                  == count);
    }
  }

  private long initialized() {
    return nodes.objects().values().stream()
        .filter(node -> HostObjects.name(node).startsWith("paper-"))
        .filter(node ->
            node.getAsJsonObject("spec").has("providerID") && !Readiness.isUninitialized(node))
        .count();
  }

  private String leader() {
    JsonObject lease = leases.objects().get("cloud-controller-manager");
    return lease == null ? "" : HostObjects.text(lease, "spec", "holderIdentity");
  }

  /// Of the ccm on both sides, but for its lease.
  private double writes(Instant from, Predicate<AuditLog.Request> which) {
    Predicate<AuditLog.Request> changes =
        request ->
            ofCcm(request) && request.isWrite() && !request.isOfLeadership() && which.test(request);
    return requests(cloud.host(), from, changes) + requests(guest, from, changes);
  }

  private boolean ofCcm(AuditLog.Request request) {
    return request.userAgent().startsWith("thresher-ccm/");
  }

  private static double requests(
      ControlPlane server, Instant from, Predicate<AuditLog.Request> which) {
    return server.audit().requests().stream()
        .filter(request -> !request.time().isBefore(from))
        .filter(which)
        .count();
  }

  private static void await(String program, OpsPort port) {
    Await.until(program + " to be ready", PATIENCE, port::ready);
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }
}
