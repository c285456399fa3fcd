package dev.thresher.e2e.lbc;

import static dev.thresher.e2e.lbc.WebhookLab.LISTENER;
import static dev.thresher.e2e.lbc.WebhookLab.PATIENCE;
import static dev.thresher.e2e.lbc.WebhookLab.SYSTEM;
import static dev.thresher.e2e.lbc.WebhookLab.json;
import static dev.thresher.e2e.lbc.WebhookLab.path;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Two replicas of the webhooks and writes all the time: their certificates, which live for 30
/// seconds only, all change, one replica is replaced meanwhile, and no call fails.
@NeedsLab
class WebhookCertificatesIT {

  @Test
  void noCallFailsWhileAllCertificatesChangeAndAReplicaIsReplaced() throws Exception {
    try (var scene = new WebhookLab()) {
      scene.reachableOn(scene.host, scene.node);
      LabProcess first = scene.program(scene.host, "1", "--controller=true");
      LabProcess second = scene.program(scene.node, "2", "--controller=false");
      scene.await(first, second);
      // Neither needs an address.
      scene.create("v1beta1", "web", "{'ipam':'dhcp'," + LISTENER + "}");
      scene.create("v1alpha1", "old", "{'ipam':'dhcp'," + LISTENER + "}");
      String authority = scene.secret("-ca");
      String server = scene.secret("-tls");
      int before = scene.log("kube-apiserver").length();

      Writers writers = writers(scene);
      try (writers) {
        Await.until(
            "another authority to sign", PATIENCE, () -> !scene.secret("-ca").equals(authority));
        Await.until("a certificate by it", PATIENCE, () -> !scene.secret("-tls").equals(server));
        String last = scene.secret("-ca");
        replace(scene, writers, second);
        Await.until(
            "the next authority to sign", PATIENCE, () -> !scene.secret("-ca").equals(last));
      }
      System.out.println("while authorities change and a replica is replaced: " + writers);

      assertThat(writers.failures()).isEmpty();
      // The mutator may be passed over without a refusal, so it is counted for itself.
      assertThat(scene.log("kube-apiserver").substring(before))
          .doesNotContain("failing open mutator." + SYSTEM);
      assertThat(writers.writes()).isGreaterThan(100);
      // A handshake that waits for a name service takes five seconds at least.
      assertThat(writers.slowest()).isLessThan(Duration.ofSeconds(5));
    }
  }

  /// Each changes an object of its own, by either version in turn.
  private static Writers writers(WebhookLab scene) {
    return new Writers(
        List.of("web", "old"),
        (name, number) ->
            scene
                .host
                .api()
                .merge(
                    path(number % 2 == 0 ? "v1beta1" : "v1alpha1", name),
                    json("{'spec':{'description':'" + number + "'}}")));
  }

  /// As a rollout does it: the Service leads elsewhere a moment after the signal.
  private static void replace(WebhookLab scene, Writers writers, LabProcess replica)
      throws Exception {
    Await.until("writes", PATIENCE, () -> writers.writes() > 20);
    replica.terminate();
    int atOnce = writers.writes();
    Await.until("writes to both replicas", PATIENCE, () -> writers.writes() > atOnce + 10);
    scene.reachableOn(scene.host);
    assertThat(replica.onExit().get(20, TimeUnit.SECONDS)).isZero();
    int after = writers.writes();
    Await.until("writes to the other", PATIENCE, () -> writers.writes() > after + 20);

    LabProcess next = scene.program(scene.node, "3", "--controller=false");
    Await.until(
        "the new replica to answer", PATIENCE, () -> next.output().contains("serving webhooks"));
    scene.reachableOn(scene.host, scene.node);
    int both = writers.writes();
    Await.until("writes to both again", PATIENCE, () -> writers.writes() > both + 10);
  }
}
