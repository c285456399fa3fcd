package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.lab.AuditLog.Request;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.PaperMachines;
import dev.thresher.e2e.soak.ccm.PaperVips;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// What ccm asks of two API servers when nothing happens, by their audit logs.
@NeedsLab
class SteadyStateIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /// Two looks at all nodes (`--node-monitor-period`) and a renewal of the lease at least.
  private static final Duration WINDOW = Duration.ofSeconds(11);

  private static final Duration SILENCE = Duration.ofSeconds(3);
  private static final int NODES = 200;
  private static final int SERVICES = 20;
  private static final Set<String> READS = Set.of("get", "list", "watch");

  @Test
  void asksNothingOfTheHostAndWritesNothingAtARestart() {
    try (Lab lab =
        Lab.builder().hostNodes(1).guest(Cloud.GUEST, g -> g.vms(0)).audit(true).start()) {
      Cloud cloud = Cloud.prepare(lab, Placement.GUEST);
      ControlPlane guest = cloud.guest();
      ControlPlane host = cloud.host();
      var machines = new PaperMachines(lab, Cloud.GUEST);
      machines.create(NODES);
      cloud.startLoadBalancerController("1");
      cloud.startCcm("1");
      machines.register(NODES);
      for (int i = 0; i < SERVICES; i++) {
        GuestService.create(guest, "default", "web-" + i, List.of("IPv4"), Map.of());
      }
      Await.until("all nodes to be initialised", PATIENCE, () -> initialized(guest) == NODES);
      try (var _ = new PaperVips(guest)) {
        Await.until("all answers", PATIENCE, () -> answered(guest) == SERVICES);
      }
      awaitSilence(guest, host);

      Instant from = Instant.now();
      awaitPassed(from, WINDOW);
      assertThat(of(host, from)).as("of the host in %s", WINDOW).isEmpty();
      assertThat(of(guest, from)).as("of the guest, besides the lease").isEmpty();

      Map<String, String> before = versions(guest, host);
      assertThat(before).hasSizeGreaterThan(NODES + 2 * SERVICES - 1);
      assertThat(cloud.process("ccm-1").stop(Duration.ofSeconds(15))).isZero();
      Instant restarted = Instant.now();
      cloud.startCcm("1");
      Await.until("ccm to be ready", PATIENCE, OpsPort.ccm(cloud, "1")::ready);
      Await.until(
          "ccm to lead", PATIENCE, () -> cloud.process("ccm-1").output().contains("became leader"));
      awaitSilence(guest, host);

      assertThat(of(host, restarted)).filteredOn(SteadyStateIT::writes).isEmpty();
      assertThat(of(guest, restarted))
          .filteredOn(SteadyStateIT::writes)
          .as("all but the Event that says who leads")
          .filteredOn(r -> !r.name().startsWith("cloud-controller-manager."))
          .isEmpty();
      assertThat(versions(guest, host)).isEqualTo(before);
    }
  }

  /// Requests of the ccm since then that are neither watches nor about the lease. A watch is logged
  /// when it ends, and it ends by itself every few minutes.
  private static List<Request> of(ControlPlane server, Instant from) {
    return server.audit().requests().stream()
        .filter(r -> !r.time().isBefore(from))
        .filter(r -> r.userAgent().startsWith("thresher-ccm/"))
        .filter(r -> !r.verb().equals("watch") && !r.resource().equals("leases"))
        .toList();
  }

  private static boolean writes(Request request) {
    return !READS.contains(request.verb());
  }

  private static void awaitSilence(ControlPlane guest, ControlPlane host) {
    Instant begun = Instant.now();
    Await.until(
        "ccm to have nothing to do",
        PATIENCE,
        () -> {
          Instant since = Instant.now().minus(SILENCE);
          return since.isAfter(begun) && of(guest, since).isEmpty() && of(host, since).isEmpty();
        });
  }

  private static void awaitPassed(Instant from, Duration time) {
    Await.until(
        time + " to pass",
        PATIENCE,
        () -> Duration.between(from, Instant.now()).compareTo(time) >= 0);
  }

  /// Kind and name to version, of all that the ccm writes.
  private static Map<String, String> versions(ControlPlane guest, ControlPlane host) {
    Map<String, String> versions = new TreeMap<>();
    collect(guest, "/api/v1/nodes", versions);
    collect(guest, "/api/v1/namespaces/default/services", versions);
    collect(
        host,
        "/apis/loadbalancer.harvesterhci.io/v1beta1/namespaces/default/loadbalancers",
        versions);
    return versions;
  }

  private static void collect(ControlPlane server, String path, Map<String, String> versions) {
    for (JsonObject object : server.api().list(path)) {
      versions.put(
          path + "/" + HostObjects.name(object),
          HostObjects.text(object, "metadata", "resourceVersion"));
    }
  }

  private static long answered(ControlPlane guest) {
    return guest.api().list("/api/v1/namespaces/default/services").stream()
        .filter(service -> !GuestService.ingress(service).isEmpty())
        .count();
  }

  private static long initialized(ControlPlane guest) {
    return guest.api().list("/api/v1/nodes").stream()
        .map(node -> node.getAsJsonObject("spec"))
        .filter(spec -> spec.has("providerID"))
        .filter(spec -> !spec.toString().contains("node.cloudprovider.kubernetes.io/uninitialized"))
        .count();
  }
}
