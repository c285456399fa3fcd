package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.User;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The cloud config of a running ccm stops being good, and is replaced.
@NeedsLab
class CredentialsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void saysThatItsTokenIsRevokedAndGoesOnByItselfWithAnother() throws Exception {
    try (Lab lab = Lab.builder().hostNodes(1).guest(Cloud.GUEST, g -> g.vms(1)).start()) {
      Cloud cloud = Cloud.prepare(lab, Placement.GUEST);
      cloud.startCcm("1");
      Readiness.awaitAll(cloud, PATIENCE);
      OpsPort port = OpsPort.ccm(cloud, "1");

      // system:serviceaccount:NAMESPACE:NAME
      User revoked = lab.cloudProvider(Cloud.GUEST);
      String[] account = revoked.name().split(":", -1);
      String path = "/api/v1/namespaces/" + account[2] + "/serviceaccounts/" + account[3];
      assertThat(lab.host().api().delete(path)).isTrue();
      // The API server believes a token for some seconds after its account is gone, and as long as
      // a watch lasts. One that starts again believes nothing.
      lab.host().restart();
      Await.await("the host to refuse the token", () -> answer(lab, revoked), "401"::equals);
      GuestService service =
          GuestService.create(lab.guest(Cloud.GUEST), "default", "web", List.of("IPv4"), Map.of());
      Await.until("ccm to be unready", PATIENCE, () -> !port.ready());
      assertThat(cloud.process("ccm-1").output())
          .contains("the server does not accept the credentials");

      User renewed = lab.cloudProvider(Cloud.GUEST);
      Path config = cloud.cloudConfig();
      Path next =
          Files.writeString(
              config.resolveSibling("next"), lab.host().kubeconfigText(renewed, account[2]));
      var _ = Files.move(next, config, StandardCopyOption.ATOMIC_MOVE);

      HostObjects host = new HostObjects(lab.host());
      Await.until(
          "the Service's balancer on the host",
          PATIENCE,
          () -> Optional.of(service).flatMap(host::loadBalancer).isPresent());
      Await.until("ccm to be ready again", PATIENCE, port::ready);
      assertThat(cloud.process("ccm-1").isAlive()).isTrue();
      assertThat(cloud.process("ccm-1").output())
          .contains("credentials have changed")
          .doesNotContain(((User.TokenUser) renewed).token());
    }
  }

  private static String answer(Lab lab, User user) {
    String token = ((User.TokenUser) user).token();
    return lab.host()
        .namespace()
        .run(
            List.of(
                "curl",
                "--silent",
                "--insecure",
                "--max-time",
                "5",
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_code}",
                "--header",
                "Authorization: Bearer " + token,
                lab.host().url() + "/version"))
        .strip();
  }
}
