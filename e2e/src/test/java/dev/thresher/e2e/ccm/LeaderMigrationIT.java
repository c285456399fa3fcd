package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Services move from another controller manager to ccm, which has the nodes already.
@NeedsLab
class LeaderMigrationIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void worksOnServicesOnceTheOtherProgramHasGivenThemUp() throws Exception {
    try (Lab lab = Lab.builder().hostNodes(1).guest(Cloud.GUEST, g -> g.vms(1)).start()) {
      Cloud cloud = Cloud.prepare(lab, Placement.GUEST);
      cloud
          .guest()
          .apply(
              """
              apiVersion: coordination.k8s.io/v1
              kind: Lease
              metadata: {name: moving, namespace: kube-system}
              spec:
                holderIdentity: kube-controller-manager
                leaseDurationSeconds: 3600
              """);
      Path plan =
          Files.writeString(
              lab.directory().resolve("moving.yaml"),
              """
              apiVersion: controllermanager.config.k8s.io/v1
              kind: LeaderMigrationConfiguration
              leaderName: moving
              controllerLeaders:
                - name: service-lb-controller
                  component: "*"
              """);

      LabProcess ccm =
          cloud.startCcm(
              "1", List.of("--enable-leader-migration", "--leader-migration-config=" + plan));
      Readiness.awaitAll(cloud, PATIENCE);
      GuestService service =
          GuestService.create(cloud.guest(), "default", "web", List.of("IPv4"), Map.of());
      Await.until(
          "ccm to see the other program lead",
          PATIENCE,
          () -> ccm.output().contains("leader=kube-controller-manager"));
      HostObjects host = new HostObjects(lab.host());
      assertThat(host.loadBalancer(service)).isEmpty();
      assertThat(holder(cloud, "cloud-controller-manager")).isNotEmpty();

      JsonObject spec = new JsonObject();
      spec.addProperty("holderIdentity", "");
      JsonObject release = new JsonObject();
      release.add("spec", spec);
      var _ = cloud.guest().api().merge(path("moving"), release);

      Await.until(
          "the Service's balancer on the host",
          PATIENCE,
          () -> Optional.of(service).flatMap(host::loadBalancer).isPresent());
      assertThat(holder(cloud, "moving")).isEqualTo(holder(cloud, "cloud-controller-manager"));
      assertThat(OpsPort.ccm(cloud, "1").ready()).isTrue();

      assertThat(ccm.stop(Duration.ofSeconds(15))).isZero();
      assertThat(holder(cloud, "moving")).as("given back").isEmpty();
      assertThat(holder(cloud, "cloud-controller-manager")).as("given back").isEmpty();
    }
  }

  private static String path(String lease) {
    return "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/" + lease;
  }

  private static String holder(Cloud cloud, String lease) {
    return HostObjects.text(cloud.guest().api().get(path(lease)), "spec", "holderIdentity");
  }
}
