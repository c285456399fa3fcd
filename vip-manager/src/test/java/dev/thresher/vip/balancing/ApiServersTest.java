package dev.thresher.vip.balancing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.time.SystemTimeline;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ApiServersTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String OWN = "192.0.2.1";

  private final FakeStore store = new FakeStore();
  private final FakeKubeApi api = new FakeKubeApi(store);
  private final SystemTimeline timeline = new SystemTimeline();
  private final FakeInformers informers = new FakeInformers(store, timeline);
  private final Set<String> well = ConcurrentHashMap.newKeySet();
  private volatile boolean ownWell = true;
  private volatile Set<String> told = Set.of("nothing was told");
  private ApiServers servers;

  @BeforeEach
  void start() {
    timeline.start();
    servers =
        new ApiServers(
            informers.informer(CoreTypes.ENDPOINT_SLICE, Scope.namespace("default")),
            informers.informer(CoreTypes.NODE, Scope.ALL),
            new ApiServers.Own(address -> address.getHostAddress().equals(OWN), () -> ownWell),
            server -> well.contains(server.getHostString()),
            Duration.ofMillis(20),
            timeline,
            new Metrics());
    servers.onChange(now ->
        told = now.stream().map(InetSocketAddress::getHostString).collect(Collectors.toSet()));
    informers.start();
    api.create(
        CoreTypes.ENDPOINT_SLICE,
        ServerListTest.slice(6443, OWN, "192.0.2.2", "192.0.2.3")
            .metadata(
                new V1ObjectMeta()
                    .namespace("default")
                    .name("kubernetes")
                    .labels(Map.of("kubernetes.io/service-name", "kubernetes"))));
  }

  @AfterEach
  void stop() {
    servers.stop();
    timeline.stop();
  }

  private void awaitTold(String... wanted) {
    await().atMost(SOON).untilAsserted(() -> assertThat(told).containsExactlyInAnyOrder(wanted));
  }

  @Test
  void whoAnswersWellTakesPartFromTheFirstAnswerOnAndIsLeftOutFromTheFirstBadOne() {
    well.addAll(Set.of(OWN, "192.0.2.2"));
    servers.start();
    awaitTold(OWN, "192.0.2.2");
    well.add("192.0.2.3");
    awaitTold(OWN, "192.0.2.2", "192.0.2.3");
    well.remove("192.0.2.2");
    awaitTold(OWN, "192.0.2.3");
  }

  @Test
  void theOwnServerIsLeftOutAsSoonAsItIsKnownNotToBeWell() {
    well.addAll(Set.of(OWN, "192.0.2.2"));
    servers.start();
    awaitTold(OWN, "192.0.2.2");
    ownWell = false;
    servers.look();
    assertThat(told).containsExactly("192.0.2.2");
    ownWell = true;
    servers.look();
    assertThat(told).containsExactlyInAnyOrder(OWN, "192.0.2.2");
  }

  @Test
  void whoIsNoEndpointAnyMoreIsLeftOut() {
    well.addAll(Set.of(OWN, "192.0.2.2"));
    servers.start();
    awaitTold(OWN, "192.0.2.2");
    api.delete(CoreTypes.ENDPOINT_SLICE, ObjectKey.of("default", "kubernetes"), Precondition.NONE);
    awaitTold();
  }
}
