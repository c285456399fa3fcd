package dev.thresher.e2e.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Answers;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.cloud.VipRight;
import dev.thresher.e2e.lab.Addresses;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.Machine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// vip-managers alone, one Service that says its two addresses itself, and a client that asks for
/// both: how soon an address is answered that is given, handed over, started for, or cut off.
final class FaultBench {

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final String SERVICES = "/api/v1/namespaces/default/services";
  private static final String VOTERS_LEASE =
      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/thresher-vip-voters";
  private static final String VOTERS = "thresher.dev/vip-voters";
  private static final String PREFERRED = "thresher.dev/vip-preferred-nodes";
  private static final String EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";

  private final Cloud cloud;
  private final int runs;
  private final Duration parted;
  private final Client client;
  private final List<Machine> nodes;
  private final Map<String, String> byMac;
  private final String label;
  private int given;

  /// @param cloud prepared, nothing started
  /// @param majorityLease milliseconds, as the vip-managers are told
  /// @param parted how long a partition lasts; where another node takes over, at least until it has
  FaultBench(Cloud cloud, int majorityLease, int runs, Duration parted) {
    this.cloud = cloud;
    this.runs = runs;
    this.parted = parted;
    this.client = cloud.lab().client("c1");
    this.nodes = cloud.holders();
    this.byMac = cloud.holdersByLinkAddress();
    this.label =
        nodes.size()
            + (nodes.size() == 1 ? " node" : " nodes")
            + cloud.right().label()
            + (cloud.right() == VipRight.MAJORITY ? ", lease " + majorityLease + " ms" : "");
  }

  /// Each figure is told as soon as it is there.
  void run(Consumer<Series> tell) {
    nodes.forEach(cloud::startVipManager);
    awaitAll();
    if (nodes.size() == 1) {
      withAService(() -> startAgain("sole node started → first answer").forEach(tell));
      return;
    }
    // kube-vip's Leases know neither drain nor preference, and who is cut off does not count there.
    boolean full = cloud.right() != VipRight.COMPATIBLE;
    if (nodes.size() == 3) {
      given().forEach(tell);
      if (full) {
        withAService(() -> drain().forEach(tell));
        withAService(() -> rebalance().forEach(tell));
        withAService(() -> startAmongOthers().forEach(tell));
      }
      withAService(() ->
          takeovers("holder's frames are lost", node -> cloud.linkOf(node).cutFromMachine())
              .forEach(tell));
      withAService(() ->
          takeovers("frames to the holder are lost", node -> cloud.linkOf(node).cutToMachine())
              .forEach(tell));
    } else {
      withAService(
          () -> takeovers("holder and another node cut off", this::cutWithAnother).forEach(tell));
    }
    if (full) {
      withAService(() -> minority().forEach(tell));
    }
  }

  private void awaitAll() {
    Readiness.awaitPrograms(cloud, PATIENCE);
    Readiness.awaitMesh(cloud, PATIENCE);
  }

  /// From the request that creates the Service, and from the API server's answer to it.
  private List<Series> given() {
    var request = new Series("address given: the request that creates the Service, " + label, "ms");
    var taken = new Series("the API server has it → first answer to who-has, " + label, "ms");
    var four = new Series("address given → first answer to who-has, " + label, "ms");
    var six = new Series("address given → first answer to neighbour solicitation, " + label, "ms");
    for (int i = 0; i < runs; i++) {
      Addresses addresses = next();
      try (var watch = new Watch(client, addresses, PATIENCE)) {
        long began = System.nanoTime();
        cloud.guest().api().create(SERVICES, service(addresses));
        long created = System.nanoTime();
        long answered = watch.answer(watch.four).timeNanos();
        request.add(Duration.ofNanos(created - began));
        taken.add(Duration.ofNanos(answered - created));
        four.add(Duration.ofNanos(answered - began));
        six.add(Duration.ofNanos(watch.answer(watch.six).timeNanos() - began));
      }
      cloud.guest().api().delete(SERVICES + "/web");
    }
    return List.of(request, taken, four, six);
  }

  private List<Series> drain() {
    return handOver(
        "holder drained",
        holder -> {
          long began = System.nanoTime();
          cloud.askVipManager(holder, "drain");
          return began;
        },
        holder -> cloud.askVipManager(holder, "drain", "--undo"));
  }

  /// The Service prefers the next node, and the holder is asked to rebalance.
  private List<Series> rebalance() {
    return handOver(
        "holder rebalanced",
        holder -> {
          String next = nodes.get((nodes.indexOf(holder) + 1) % nodes.size()).name();
          prefer(next);
          Await.until(
              "a plan to hand over to " + next,
              PATIENCE,
              () -> cloud.askVipManager(holder, "rebalance", "--dry-run").contains(next));
          long began = System.nanoTime();
          cloud.askVipManager(holder, "rebalance");
          return began;
        },
        holder -> {});
  }

  /// @param begin has the holder hand over; when that began, in monotonic nanoseconds
  /// @param after what is to be done when another node holds the addresses
  private List<Series> handOver(
      String what, ToLongFunction<Machine> begin, Consumer<Machine> after) {
    var gap = new Series(what + ": longest gap of who-has answers, " + label, "ms");
    var gap6 = new Series(what + ": longest gap of neighbour advertisements, " + label, "ms");
    var twice = new Series(what + ": two nodes answered, " + label, "ms");
    for (int i = 0; i < runs; i++) {
      try (var watch = watch()) {
        String mac = watch.holder();
        Machine holder = machine(mac);
        long began = begin.applyAsLong(holder);
        var _ = watch.other(watch.four, mac, began);
        var _ = watch.other(watch.six, mac, began);
        watch.awaitMore(100);
        gap.add(Answers.of(watch.four.lines()).longestGap(began));
        gap6.add(Answers.of(watch.six.lines()).longestGap(began));
        twice.add(watch.twice(mac, began));
        after.accept(holder);
      }
    }
    return List.of(gap, gap6, twice);
  }

  private void prefer(String node) {
    var annotations = new JsonObject();
    annotations.addProperty(PREFERRED, node);
    var metadata = new JsonObject();
    metadata.add("annotations", annotations);
    var patch = new JsonObject();
    patch.add("metadata", metadata);
    cloud.guest().api().merge(SERVICES + "/web", patch);
  }

  /// No other node may hold the address, but all are there.
  private List<Series> startAmongOthers() {
    List<Machine> others = nodes.subList(1, nodes.size());
    others.forEach(node -> exclude(node, "true"));
    try {
      return startAgain("node started, the others up → first answer");
    } finally {
      others.forEach(node -> exclude(node, null));
    }
  }

  private void exclude(Machine node, @Nullable String value) {
    var labels = new JsonObject();
    labels.addProperty(EXCLUDED, value);
    var metadata = new JsonObject();
    metadata.add("labels", labels);
    var patch = new JsonObject();
    patch.add("metadata", metadata);
    cloud.guest().api().merge("/api/v1/nodes/" + node.name(), patch);
  }

  /// The first node is stopped in order and started again.
  private List<Series> startAgain(String what) {
    var four = new Series(what + " to who-has, " + label, "ms");
    var six = new Series(what + " to neighbour solicitation, " + label, "ms");
    Machine node = nodes.getFirst();
    for (int i = 0; i < runs; i++) {
      try (var watch = watch()) {
        Await.until(
            "an answer of " + node.name(),
            PATIENCE,
            () ->
                watch.four.lines().stream()
                    .anyMatch(claim -> node.name().equals(byMac.get(claim.mac()))));
        process(node).stop(PATIENCE);
        long began = System.nanoTime();
        cloud.startVipManager(node);
        four.add(Duration.ofNanos(watch.from(watch.four, began).timeNanos() - began));
        six.add(Duration.ofNanos(watch.from(watch.six, began).timeNanos() - began));
      }
      awaitAll();
    }
    return List.of(four, six);
  }

  /// Of the two one votes at most: the other voters are a majority.
  private void cutWithAnother(String holder) {
    String voters =
        HostObjects.text(cloud.guest().api().get(VOTERS_LEASE), "metadata", "annotations", VOTERS);
    Machine other =
        nodes.stream()
            .filter(node -> !node.name().equals(holder))
            .filter(node -> !voters.contains('"' + node.name() + '"'))
            .findFirst()
            .orElseThrow();
    cloud.linkOf(holder).cut();
    cloud.linkOf(other.name()).cut();
  }

  /// @param end what happens to the node that holds, for as long as a partition lasts
  private List<Series> takeovers(String what, Consumer<String> end) {
    var four = new Series(what + " → next answer to who-has, " + label, "ms");
    var six = new Series(what + " → next answer to neighbour solicitation, " + label, "ms");
    var twice = new Series(what + ": two nodes answered, " + label, "ms");
    for (int i = 0; i < runs; i++) {
      try (var watch = watch()) {
        String mac = watch.holder();
        long began = System.nanoTime();
        end.accept(machine(mac).name());
        four.add(Duration.ofNanos(watch.other(watch.four, mac, began).timeNanos() - began));
        six.add(Duration.ofNanos(watch.other(watch.six, mac, began).timeNanos() - began));
        watch.awaitMore(200);
        Await.until(
            parted + " to pass",
            parted.plus(PATIENCE),
            () -> System.nanoTime() - began >= parted.toNanos());
        nodes.forEach(node -> cloud.linkOf(node.name()).restore());
        watch.awaitMore(200);
        twice.add(watch.twice(mac, began));
      }
      awaitAll();
    }
    return List.of(four, six, twice);
  }

  /// All nodes but the one that holds are cut off, one by one from each other: it goes on to be
  /// reached, and nobody may answer.
  private List<Series> minority() {
    var last = new Series("no side has a majority → last answer, " + label, "ms");
    var healed = new Series("partition healed → next answer to who-has, " + label, "ms");
    var healed6 =
        new Series("partition healed → next answer to neighbour solicitation, " + label, "ms");
    for (int i = 0; i < runs; i++) {
      try (var watch = watch()) {
        String mac = watch.holder();
        String holder = machine(mac).name();
        nodes.stream()
            .filter(node -> !node.name().equals(holder))
            .forEach(node -> cloud.linkOf(node.name()).cut());
        // Until the last of them is cut there is a majority.
        long began = System.nanoTime();
        Await.pass(parted);
        last.add(Duration.ofNanos(Math.max(0, watch.four.lines().getLast().timeNanos() - began)));
        long mended = System.nanoTime();
        nodes.forEach(node -> cloud.linkOf(node.name()).restore());
        healed.add(Duration.ofNanos(watch.from(watch.four, mended).timeNanos() - mended));
        healed6.add(Duration.ofNanos(watch.from(watch.six, mended).timeNanos() - mended));
      }
      awaitAll();
    }
    return List.of(last, healed, healed6);
  }

  private Machine machine(String mac) {
    String name = Objects.requireNonNull(byMac.get(mac), mac);
    return nodes.stream().filter(node -> node.name().equals(name)).findFirst().orElseThrow();
  }

  private LabProcess process(Machine node) {
    return cloud.process(Cloud.vipManager(node));
  }

  /// With a Service whose addresses nobody had before.
  private void withAService(Runnable measure) {
    cloud.guest().api().create(SERVICES, service(next()));
    measure.run();
    cloud.guest().api().delete(SERVICES + "/web");
  }

  private Addresses next() {
    given++;
    return current();
  }

  private Watch watch() {
    return new Watch(client, current(), PATIENCE);
  }

  private Addresses current() {
    return cloud.lab().freeAddress(given);
  }

  private static JsonObject service(Addresses addresses) {
    return JsonParser.parseString(
            """
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "annotations": {
               "kube-vip.io/loadbalancerIPs": "%s,%s",
               "kube-vip.io/allow-reconcile-without-endpoints": "true"}},
             "spec": {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false,
               "ipFamilyPolicy": "RequireDualStack",
               "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}}
            """
                .formatted(addresses.ipv4(), addresses.ipv6()))
        .getAsJsonObject();
  }
}
