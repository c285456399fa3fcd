package dev.thresher.e2e.lbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// Two replicas that both take themselves for the leader, and an API server that stands still,
/// while addresses are given. Leases are short, so that it is over soon.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AllocationFaultsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String SYSTEM = "harvester-system";
  private static final String GROUP = "/apis/loadbalancer.harvesterhci.io/v1beta1/";
  private static final String BALANCERS = GROUP + "namespaces/default/loadbalancers";
  private static final String LEASE =
      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/harvester-load-balancer";
  private static final int MANY = 60;

  private Lab lab;
  private ControlPlane host;
  private String kubeconfig;
  private final AtomicInteger made = new AtomicInteger();

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(0).start();
    host = lab.host();
    host.ensureNamespace(SYSTEM);
    host.apply(Dist.find().chartFile("loadbalancer-controller", "rbac.yaml"));
    kubeconfig =
        host.kubeconfig(host.serviceAccount(SYSTEM, "harvester-load-balancer"), SYSTEM).toString();
    host.apply(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: IPPool
        metadata: {name: lan}
        spec:
          ranges: [{subnet: 192.0.2.0/24}]
          selector: {scope: [{project: "*", namespace: "*", guestCluster: "*"}]}
        """);
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  private LabProcess replica(int number) {
    return lab.start(
        host,
        "loadbalancer-controller-" + number,
        List.of(
            Dist.find().program("loadbalancer-controller").toString(),
            "--kubeconfig=" + kubeconfig,
            "--bind-address=127.0.0.1",
            "--secure-port=" + (10270 + number),
            "--webhook=false",
            "--leader-elect-lease-duration=4s",
            "--leader-elect-renew-deadline=3s",
            "--leader-elect-retry-period=500ms",
            "--v=2"),
        Map.of("JAVA_HOME", System.getProperty("java.home")));
  }

  private String holder() {
    return host.api()
        .find(LEASE)
        .map(o -> HostObjects.text(o, "spec", "holderIdentity"))
        .orElse("");
  }

  private String awaitLeader(String other) {
    return Await.await(
        "a leader", this::holder, holder -> !holder.isEmpty() && !holder.equals(other));
  }

  private void create(int count) {
    for (int i = 0; i < count; i++) {
      host.apply(
          """
          apiVersion: loadbalancer.harvesterhci.io/v1beta1
          kind: LoadBalancer
          metadata: {name: lb-%d, namespace: default}
          spec: {workloadType: cluster}
          """
              .formatted(made.getAndIncrement()));
    }
  }

  /// Owner to address, of the load balancers that have one.
  private Map<String, String> addresses() {
    var all = new TreeMap<String, String>();
    for (JsonObject balancer : host.api().list(BALANCERS)) {
      String address = HostObjects.text(balancer, "status", "allocatedAddress", "ip");
      if (!address.isEmpty()) {
        all.put("default/" + HostObjects.name(balancer), address);
      }
    }
    return all;
  }

  private void awaitEachItsOwn() {
    Map<String, String> all =
        Await.await("an address for each", this::addresses, has -> has.size() == made.get());
    assertThat(new TreeSet<>(all.values())).hasSize(made.get());
    var claims = new TreeMap<String, String>();
    for (JsonObject claim : new HostObjects(host).claims()) {
      claims.put(
          "default/" + HostObjects.text(claim, "spec", "owner", "name"),
          HostObjects.text(claim, "spec", "address"));
    }
    assertThat(claims).isEqualTo(all);
    Await.await("the pool's status to say so", this::said, all::equals);
  }

  private Map<String, String> said() {
    var all = new TreeMap<String, String>();
    host.api()
        .get(GROUP + "ippools/lan")
        .getAsJsonObject("status")
        .getAsJsonObject("allocated")
        .asMap()
        .forEach((address, owner) -> all.put(owner.getAsString(), address));
    return all;
  }

  @Test
  @Order(1)
  void aLeaderThatStandsStillAndGoesOnGivesNoAddressTwice() throws Exception {
    LabProcess first = replica(1);
    String leader = awaitLeader("");
    LabProcess second = replica(2);
    CompletableFuture<Void> creating = CompletableFuture.runAsync(() -> create(MANY));
    Await.until("it to work", PATIENCE, () -> addresses().size() > 5);
    first.freeze();
    awaitLeader(leader);
    creating.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    Await.until("the other to work", PATIENCE, () -> addresses().size() > MANY / 2);
    first.thaw();
    create(10);
    awaitEachItsOwn();
    // It finds out that it leads no more, and ends.
    assertThat(first.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isNotZero();
    awaitEachItsOwn();
    assertThat(second.stop(Duration.ofSeconds(15))).isZero();
  }

  @Test
  @Order(2)
  void aServerThatStandsStillLosesNoAddress() throws Exception {
    LabProcess first = replica(1);
    String leader = awaitLeader("");
    int before = made.get();
    CompletableFuture<Void> creating = CompletableFuture.runAsync(() -> create(20));
    Await.until("it to work", PATIENCE, () -> addresses().size() > before + 5);
    host.pause();
    try {
      // Whoever cannot renew its lease ends, as it should.
      assertThat(first.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isNotZero();
    } finally {
      host.resume();
    }
    host.awaitReady();
    creating.handle((_, _) -> null).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    LabProcess again = replica(1);
    awaitLeader(leader);
    // A request that was under way may have been lost.
    made.set(host.api().list(BALANCERS).size());
    awaitEachItsOwn();
    assertThat(again.stop(Duration.ofSeconds(15))).isZero();
  }
}
