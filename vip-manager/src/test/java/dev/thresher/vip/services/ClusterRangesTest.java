package dev.thresher.vip.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolSpec;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.loadbalancer.PoolRange;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.time.SystemTimeline;
import dev.thresher.vip.election.Prefix;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1ServiceCIDR;
import io.kubernetes.client.openapi.models.V1ServiceCIDRSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClusterRangesTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String SERVICES = "/apis/networking.k8s.io/v1/servicecidrs";
  private static final String POOLS = "/apis/loadbalancer.harvesterhci.io/v1beta1/ippools";

  private final FakeStore store = new FakeStore();
  private final FakeKubeApi api = new FakeKubeApi(store);
  private final SystemTimeline timeline = new SystemTimeline();
  private final AtomicInteger changes = new AtomicInteger();
  private final ClusterRanges ranges =
      new ClusterRanges(
          api,
          () -> {
            FakeInformers own = new FakeInformers(store, timeline);
            own.start();
            return own;
          },
          timeline);

  @BeforeEach
  void begin() {
    timeline.start();
    ranges.onChange(changes::incrementAndGet);
  }

  @AfterEach
  void end() {
    ranges.stop();
    timeline.stop();
  }

  private void serve(String... served) {
    api.answerRequests((method, path, body) ->
        List.of(served).stream().anyMatch(known -> path.equals(known + "?limit=1"))
            ? Optional.of(new JsonObject())
            : Optional.empty());
  }

  private static V1ServiceCIDR services(String name, String... cidrs) {
    return new V1ServiceCIDR()
        .metadata(new V1ObjectMeta().name(name))
        .spec(new V1ServiceCIDRSpec().cidrs(List.of(cidrs)));
  }

  private static IPPool pool(String name, PoolRange... ranges) {
    return new IPPool()
        .metadata(new V1ObjectMeta().name(name))
        .spec(new IPPoolSpec().ranges(List.of(ranges)));
  }

  @Test
  void followsWhatTheObjectsSay() {
    serve(SERVICES, POOLS);
    store.put(CoreTypes.SERVICE_CIDR, services("kubernetes", "10.96.0.0/12", "fd96::/108"));
    ranges.start();
    await().atMost(SOON).until(() -> ranges.known().settled());
    assertThat(ranges.known().services())
        .containsOnlyKeys(Prefix.parse("10.96.0.0/12"), Prefix.parse("fd96::/108"));
    assertThat(ranges.known().services().values())
        .allMatch(owner -> owner.contains("ServiceCIDR kubernetes"));
    assertThat(ranges.known().pools()).isEmpty();
    int before = changes.get();
    store.put(
        LoadBalancerTypes.IP_POOL,
        pool(
            "p",
            new PoolRange().subnet("192.0.2.0/24").rangeStart("192.0.2.10").rangeEnd("192.0.2.19"),
            new PoolRange().subnet("198.51.100.0/30"),
            new PoolRange().subnet("nonsense"),
            new PoolRange().subnet("2001:db8::/64").rangeEnd("2001:db8::f")));
    await().atMost(SOON).until(() -> ranges.known().pools().size() == 3);
    assertThat(ranges.known().pools().toString())
        .contains("192.0.2.10-192.0.2.19", "198.51.100.1-198.51.100.2", "-2001:db8::f");
    assertThat(changes.get()).isGreaterThan(before);
    store.drop(LoadBalancerTypes.IP_POOL, ObjectKey.cluster("p"));
    await().atMost(SOON).until(() -> ranges.known().pools().isEmpty());
  }

  @Test
  void aClusterWithoutThemIsKnownToHaveNone() {
    serve();
    assertThat(ranges.known().settled()).isFalse();
    ranges.start();
    await().atMost(SOON).until(() -> ranges.known().settled());
    assertThat(ranges.known()).isEqualTo(KnownRanges.NONE);
  }

  @Test
  void aRoleThatMayNotReadThemKeepsNobodyWaiting() {
    api.failAll(Reason.FORBIDDEN);
    ranges.start();
    await().atMost(SOON).until(() -> ranges.known().settled());
    assertThat(ranges.known()).isEqualTo(KnownRanges.NONE);
  }

  @Test
  void aServerThatFailsIsWaitedForAMomentAndAskedAgain() {
    api.failAll(Reason.SERVER_ERROR);
    ranges.start();
    await().atMost(SOON).until(() -> ranges.known().settled());
    store.put(CoreTypes.SERVICE_CIDR, services("kubernetes", "10.96.0.0/12"));
    api.noFaults();
    serve(SERVICES);
    await().atMost(SOON).until(() -> !ranges.known().services().isEmpty());
  }
}
