package dev.thresher.e2e.runtime;

import static dev.thresher.e2e.lab.Await.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.User;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.ListQuery;
import dev.thresher.runtime.events.EventWriter;
import dev.thresher.runtime.fake.KubeApiContract;
import io.kubernetes.client.openapi.models.CoreV1Event;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// Calls and credentials.
@NeedsLab
class ClientIT {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static Lab lab;
  private static ControlPlane host;

  private Connections connections = new Connections(kubeconfig(), TIMEOUT);

  @BeforeAll
  static void start() {
    lab = Lab.builder().hostNodes(0).controllerManager(false).start();
    host = lab.host();
    host.ensureNamespace("contract");
  }

  private static Path kubeconfig() {
    return host.adminKubeconfig();
  }

  @AfterAll
  static void stop() {
    if (lab != null) {
      lab.close();
    }
  }

  @AfterEach
  void close() {
    connections.close();
  }

  private Connections as(Path kubeconfig) {
    connections.close();
    connections = new Connections(kubeconfig, TIMEOUT);
    return connections;
  }

  private static V1ConfigMap map(String name) {
    return new V1ConfigMap().metadata(new V1ObjectMeta().namespace("default").name(name));
  }

  private static void assertReason(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            KubeApiException.class,
            e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason));
  }

  /// The same expectations that the fake is held to.
  @Nested
  class Contract extends KubeApiContract {

    @Override
    protected KubeApi connect() {
      return connections.api();
    }

    @Override
    protected String namespace() {
      return "contract";
    }
  }

  @Test
  void aMissingNamespaceIsNotAnAbsentObject() {
    V1ConfigMap nowhere =
        new V1ConfigMap().metadata(new V1ObjectMeta().namespace("nowhere").name("x"));

    assertReason(Reason.NOT_FOUND, () -> connections.api().create(CoreTypes.CONFIG_MAP, nowhere));
    assertThat(connections.api().get(CoreTypes.CONFIG_MAP, ObjectKey.of("nowhere", "x"))).isEmpty();
    assertThat(
            connections.api().list(CoreTypes.CONFIG_MAP, ListQuery.inNamespace("nowhere")).items())
        .isEmpty();
  }

  @Test
  void saysWhoMayNot() {
    User user = host.tokenUser("ursula");
    KubeApi api = as(host.kubeconfig(user, "default")).api();

    assertReason(Reason.FORBIDDEN, () -> api.list(CoreTypes.NODE, ListQuery.all()));
  }

  @Test
  void goesOnWithANewTokenWhenTheOldOneIsRevoked() throws IOException {
    User old = host.tokenUser("old", "system:masters");
    User fresh = host.tokenUser("fresh", "system:masters");
    Path kubeconfig = host.kubeconfig(old, "default");
    KubeApi api = as(kubeconfig).api();
    assertThat(api.get(CoreTypes.NAMESPACE, ObjectKey.cluster("default"))).isPresent();

    host.revoke(old);
    await(
        "the old token to be refused",
        () -> {
          try {
            api.get(CoreTypes.NAMESPACE, ObjectKey.cluster("default"));
            return false;
          } catch (KubeApiException e) {
            return e.is(Reason.UNAUTHORIZED);
          }
        });
    Files.writeString(kubeconfig, host.kubeconfigText(fresh, "default"));

    assertThat(api.get(CoreTypes.NAMESPACE, ObjectKey.cluster("default"))).isPresent();
    assertThat(
            connections.number(
                "thresher_client_credential_reloads_total{outcome=\"changed\",server=\"test\"}"))
        .isEqualTo(1);
  }

  @Test
  void goesOnWithANewClientCertificate() throws IOException {
    Path kubeconfig = host.kubeconfig(host.certificateUser("carla", "system:masters"), "default");
    KubeApi api = as(kubeconfig).api();
    connections.api().start();
    assertThat(api.get(CoreTypes.NAMESPACE, ObjectKey.cluster("default"))).isPresent();

    Files.writeString(
        kubeconfig, host.kubeconfigText(host.certificateUser("nobody", "nobodies"), "default"));

    await(
        "the new certificate to be used",
        () -> {
          try {
            api.get(CoreTypes.NAMESPACE, ObjectKey.cluster("default"));
            return false;
          } catch (KubeApiException e) {
            return e.is(Reason.FORBIDDEN) && String.valueOf(e.getMessage()).contains("nobody");
          }
        });
  }

  @Test
  void finishesCallsAfterARestart() {
    KubeApi api = connections.api();
    api.create(CoreTypes.CONFIG_MAP, map("before"));
    host.restart();

    await(
        "a call to get through",
        () -> api.get(CoreTypes.CONFIG_MAP, ObjectKey.of("default", "before")).isPresent());
  }

  @Test
  void givesUpOnAFrozenServerInTimeAndComesBack() {
    connections.close();
    connections = new Connections(host.adminKubeconfig(), Duration.ofSeconds(2));
    KubeApi api = connections.api();
    assertThat(api.get(CoreTypes.NAMESPACE, ObjectKey.cluster("default"))).isPresent();
    host.pause();
    try {
      assertReason(
          Reason.UNREACHABLE, () -> api.get(CoreTypes.NAMESPACE, ObjectKey.cluster("default")));
    } finally {
      host.resume();
    }
    await(
        "a call to get through",
        () -> api.get(CoreTypes.NAMESPACE, ObjectKey.cluster("default")).isPresent());
  }

  @Test
  void eventsAreAcceptedAndCounted() {
    V1ConfigMap regarding = connections.api().create(CoreTypes.CONFIG_MAP, map("regarding"));
    var events =
        new EventWriter(
            connections.api(), "test", "test-0", connections.timeline(), connections.metrics());
    events.start();
    for (int i = 0; i < 3; i++) {
      events.warning(regarding, "Tested", "three times");
    }
    events.normal(
        connections.api().get(CoreTypes.NAMESPACE, ObjectKey.cluster("default")).orElseThrow(),
        "Tested",
        "cluster-scoped");

    await(
        "the Events",
        () -> tested(),
        seen -> seen.equals(List.of("Normal 1 cluster-scoped", "Warning 3 three times")));
    events.stop();
  }

  private List<String> tested() {
    return connections
        .api()
        .list(CoreTypes.EVENT, ListQuery.inNamespace("default").withFields("reason=Tested"))
        .items()
        .stream()
        .map(ClientIT::line)
        .sorted()
        .toList();
  }

  private static String line(CoreV1Event event) {
    return event.getType() + " " + event.getCount() + " " + event.getMessage();
  }
}
