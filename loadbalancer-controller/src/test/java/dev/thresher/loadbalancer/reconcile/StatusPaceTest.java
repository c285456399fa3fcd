package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolStatus;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StatusPaceTest {

  private final World world = new World();

  @ParameterizedTest
  @CsvSource({
    // a small pool on a server that is quick
    "0, 0, 500",
    "4096, 4, 500",
    "8192, 5, 500",
    // by size
    "16384, 5, 1000",
    "32768, 5, 2000",
    "153900, 10, 9393",
    "262144, 30, 10000",
    "1440000, 30, 10000",
    "9223372036854775, 0, 10000",
    // by what it took
    "10000, 70, 700",
    "16384, 200, 2000",
    "10000, 600, 6000",
    "0, 20000, 10000",
  })
  void thePauseGrowsWithWhatAWriteCosts(long bytes, long took, long pause) {
    assertThat(StatusPace.between(bytes, Duration.ofMillis(took)))
        .isEqualTo(Duration.ofMillis(pause));
  }

  @Test
  void aQuietPoolIsWrittenAtOnceAndEachForItself() {
    var timeline = new VirtualTimeline();
    var pace = new StatusPace(timeline);
    assertThat(pace.left("a")).isZero();

    long begin = pace.begins("a");
    assertThat(pace.left("a")).isEqualTo(StatusPace.SHORTEST);
    assertThat(pace.left("b")).isZero();
    timeline.advance(Duration.ofMillis(200));
    pace.ends("a", begin, 100);

    assertThat(pace.left("a")).isEqualTo(Duration.ofMillis(1800));
    timeline.advance(Duration.ofMillis(1800));
    assertThat(pace.left("a")).isZero();
  }

  @Test
  void aLargePoolIsWrittenSeldomAndOwnersDoNotWaitForIt() {
    world.pool("pool", "10.77.0.0/16");
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i < 3000; i++) {
      many.put("10.77." + (100 + i / 200) + "." + (1 + i % 200), World.NS + "/former-" + i);
    }
    IPPool pool = world.pool("pool");
    pool.setStatus(new IPPoolStatus().total(65533L).available(62533L).allocated(many));
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
    world.waits = false;
    world.settle();
    world.create(cluster("a"));
    world.settle();

    assertThat(world.allocated("a")).isEqualTo("10.77.0.2");
    assertThat(world.later)
        .isNotEmpty()
        .allSatisfy(left -> assertThat(left).isGreaterThan(Duration.ofSeconds(3)));
    assertThat(world.pool("pool").getStatus().getAllocated()).doesNotContainKey("10.77.0.2");

    world.control().poolReconciler().finish();
    assertThat(world.pool("pool").getStatus().getAllocated()).containsKey("10.77.0.2");
  }

  @Test
  void whatAPersonFreesIsFreeAtOnce() {
    world.pool("pool", "192.0.2.0/24 192.0.2.10 192.0.2.11");
    IPPool pool = world.pool("pool");
    pool.setStatus(
        new IPPoolStatus()
            .total(2L)
            .available(1L)
            .allocated(new HashMap<>(Map.of("192.0.2.10", "vms/gone"))));
    world.store.put(LoadBalancerTypes.IP_POOL, pool);
    world.settle();
    world.waits = false;
    world.create(cluster("a"));
    world.create(cluster("b"));
    world.settle();
    assertThat(world.claims()).hasSize(1);
    var before = world.timeline.now();

    world.api.patch(
        LoadBalancerTypes.IP_POOL,
        ObjectKey.cluster("pool"),
        Patches.annotations(
            Map.of(HarvesterNames.MANUALLY_RELEASE_IP, Optional.of("192.0.2.10: vms/gone"))));
    world.settle();

    assertThat(world.claims()).hasSize(2);
    assertThat(world.timeline.now()).isEqualTo(before);
  }

  @Test
  void theEndSaysWhatWasLeftUnsaidAndEndsNoClaim() {
    world.pool("pool", "192.0.2.0/24");
    world.waits = false;
    world.create(cluster("a"));
    world.settle();
    world.create(cluster("b"));
    world.delete("a");
    world.settle();
    assertThat(world.allocated("b")).isEqualTo("192.0.2.3");
    assertThat(world.pool("pool").getStatus().getAllocated()).doesNotContainKey("192.0.2.3");

    world.control().poolReconciler().finish();

    assertThat(world.pool("pool").getStatus().getAllocated())
        .containsExactly(Map.entry("192.0.2.3", World.NS + "/b"));
    assertThat(world.pool("pool").getStatus().getAllocatedHistory())
        .containsExactly(Map.entry("192.0.2.2", World.NS + "/a"));
    assertThat(world.claimObjects()).hasSize(2);

    world.waits = true;
    world.restart();
    world.settle();
    assertThat(world.claimObjects()).hasSize(1);
    world.assertConsistent("pool");
  }

  @Test
  void theEndTriesEveryPool() {
    for (String pool : List.of("one", "two")) {
      world.pool(pool, pool.equals("one") ? "192.0.2.0/24" : "198.51.100.0/24");
    }
    world.settle();
    world.waits = false;
    for (String name : List.of("one", "two")) {
      LoadBalancer object = cluster(name);
      object.getSpec().ipPool(name);
      world.create(object);
    }
    world.settle();
    assertThat(world.claims()).hasSize(2);
    world.api.failNext("patch", LoadBalancerTypes.IP_POOL, Reason.UNREACHABLE);

    assertThatThrownBy(() -> world.control().poolReconciler().finish())
        .isInstanceOf(KubeApiException.class);

    assertThat(given("one") + given("two")).isEqualTo(1);
  }

  private int given(String pool) {
    return world.pool(pool).getStatus().getAllocated().size();
  }
}
