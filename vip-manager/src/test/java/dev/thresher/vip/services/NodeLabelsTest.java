package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.node;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import io.kubernetes.client.openapi.models.V1Node;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeLabelsTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final ObjectKey WEB = ObjectKey.of("default", "web");
  private static final ObjectKey NODE = ObjectKey.cluster("n1");
  private static final String OF_WEB = "service-provided.kube-vip.io/web.default";
  private static final String HAS_IP = "kube-vip.io/has-ip";

  private static Map<String, Optional<String>> changes(
      Map<String, String> present, List<String> wanted, List<String> held) {
    return NodeLabelPlan.changes(
        present,
        Optional.of(Map.of(WEB, wanted.stream().map(Objects::ip).toList())),
        Optional.empty(),
        held.stream().map(Objects::ip).toList()::contains);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.7, 192.0.2.7",
    "2001:db8::7, 20010db8000000000000000000000007",
    "192.0.2.7 2001:db8::7, 192.0.2.7_20010db8000000000000000000000007",
    "2001:db8::7 2001:db8::8, 20010db8000000000000000000000007",
  })
  void aServicesLabelHasItsAddresses(String addresses, String value) {
    List<String> all = List.of(addresses.split(" "));
    assertThat(changes(Map.of(), all, all)).isEqualTo(Map.of(OF_WEB, Optional.of(value)));
    assertThat(changes(Map.of(OF_WEB, value), all, all)).as("nothing to write").isEmpty();
    assertThat(changes(Map.of(OF_WEB, value), all, List.of()))
        .isEqualTo(Map.of(OF_WEB, Optional.empty()));
  }

  @Test
  void onlyWhatIsHeldHereIsNamed() {
    assertThat(changes(Map.of(), List.of("192.0.2.7", "192.0.2.8"), List.of("192.0.2.8")))
        .isEqualTo(Map.of(OF_WEB, Optional.of("192.0.2.8")));
  }

  @Test
  void aNameThatIsNoLabelIsLeftOut() {
    ObjectKey wordy = ObjectKey.of("n".repeat(60), "web");
    assertThat(
            NodeLabelPlan.changes(
                Map.of(),
                Optional.of(Map.of(wordy, List.of(ip("192.0.2.7")))),
                Optional.of(new NodeLabelPlan.Named("a".repeat(64), List.of(ip("192.0.2.7")))),
                address -> true))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.10, 192.0.2.10, 192.0.2.10",
    "2001:db8::10, 2001:db8::10, 20010db8000000000000000000000010",
    "cp.example.com, 192.0.2.10, cp.example.com",
    "192.0.2.10, 192.0.2.11, ''",
    "cp.example.com, 192.0.2.11, ''",
  })
  void theControlPlanesLabelIsAsItIsConfigured(String text, String held, String value) {
    List<InetAddress> addresses = List.of(ip("192.0.2.10"), ip("2001:db8::10"));
    assertThat(
            NodeLabelPlan.changes(
                Map.of(),
                Optional.empty(),
                Optional.of(new NodeLabelPlan.Named(text, addresses)),
                ip(held)::equals))
        .isEqualTo(value.isEmpty() ? Map.of() : Map.of(HAS_IP, Optional.of(value)));
  }

  @Test
  void labelsOfWhatIsNotServedHereAreSomebodyElses() {
    Map<String, String> present =
        Map.of(HAS_IP, "192.0.2.10", OF_WEB, "192.0.2.7", "other", "x", "kube-vip.io/other", "y");
    var cp = new NodeLabelPlan.Named("192.0.2.10", List.of());
    assertThat(NodeLabelPlan.changes(present, Optional.empty(), Optional.of(cp), address -> false))
        .isEqualTo(Map.of(HAS_IP, Optional.empty()));
    assertThat(
            NodeLabelPlan.changes(present, Optional.of(Map.of()), Optional.empty(), any -> false))
        .isEqualTo(Map.of(OF_WEB, Optional.empty()));
  }

  private final FakeStore store = new FakeStore();
  private final FakeKubeApi api = new FakeKubeApi(store);
  private volatile Set<InetAddress> held = Set.of();

  private Keeping keeping() {
    Map<InetAddress, Keeping.Kept> kept = new HashMap<>();
    held.forEach(
        address -> kept.put(address, new Keeping.Kept(new Keeping.State.Answering("eth0"), 0)));
    return new Keeping(kept);
  }

  private Map<String, String> labels() {
    return store
        .get(CoreTypes.NODE, NODE)
        .map(node -> node.getMetadata().getLabels())
        .orElse(Map.of());
  }

  @Test
  void theNodeIsLabelledAsWhatIsHeldComesAndGoes() throws Exception {
    V1Node node = node("n1", "10.0.0.1");
    node.getMetadata()
        .labels(
            Map.of(
                "zone",
                "z",
                HAS_IP,
                "192.0.2.10",
                "service-provided.kube-vip.io/old.x",
                "10.0.0.9"));
    store.put(CoreTypes.NODE, node);
    store.put(CoreTypes.NODE, node("n2", "10.0.0.2"));
    SystemTimeline timeline = new SystemTimeline();
    timeline.start();
    try {
      FakeInformers informers = new FakeInformers(store, timeline);
      var labels =
          new NodeLabels(
              "n1",
              api,
              informers.informer(CoreTypes.NODE, Scope.ALL),
              () -> Optional.of(Map.of(WEB, List.of(ip("10.0.0.100")))),
              () -> Optional.of(new NodeLabelPlan.Named("192.0.2.10", List.of(ip("192.0.2.10")))),
              this::keeping,
              timeline,
              new Metrics());
      informers.start();
      labels.start();
      await().atMost(SOON).until(() -> labels().equals(Map.of("zone", "z")));

      held = Set.of(ip("10.0.0.100"), ip("192.0.2.10"));
      api.failAll(Reason.UNREACHABLE);
      labels.look();
      api.noFaults();
      Map<String, String> all = Map.of("zone", "z", HAS_IP, "192.0.2.10", OF_WEB, "10.0.0.100");
      await().atMost(SOON).until(() -> labels().equals(all));
      assertThat(store.get(CoreTypes.NODE, ObjectKey.cluster("n2")).orElseThrow().toString())
          .doesNotContain("kube-vip.io");

      // Somebody else's hand.
      store.put(CoreTypes.NODE, node("n1", "10.0.0.1"));
      await().atMost(SOON).until(() -> labels().containsKey(OF_WEB));

      held = Set.of();
      labels.stop();
      assertThat(labels().keySet()).doesNotContain(OF_WEB, HAS_IP);
      informers.stop();
    } finally {
      timeline.stop();
    }
  }
}
