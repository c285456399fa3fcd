package dev.thresher.loadbalancer.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.health.HealthObserver;
import dev.thresher.loadbalancer.reconcile.LoadBalancerControl;
import dev.thresher.loadbalancer.reconcile.PoolPolicy;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.queue.Priority;
import dev.thresher.runtime.time.VirtualTimeline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class ControllerMetricsTest {

  /// All replicas follow the claims; a sum over them is to be the truth.
  @Test
  void addressesInUseAreSaidByTheLeaderAlone() {
    var timeline = new VirtualTimeline();
    var store = new FakeStore(timeline::now);
    var informers = new FakeInformers(store, timeline);
    var control =
        new LoadBalancerControl(
            new LoadBalancerControl.Surroundings(
                new FakeKubeApi("host", store),
                informers,
                (_, _, _, _) -> {},
                timeline,
                Duration.ZERO,
                PoolPolicy.DEFAULT,
                Optional.empty(),
                (_, _, _) -> {},
                HealthObserver.NONE,
                _ -> {}));
    control.follow(
        new LoadBalancerControl.Queues() {
          @Override
          public void loadBalancer(ObjectKey key, Priority priority) {}

          @Override
          public void pool(String name, Priority priority) {}
        });
    var _ =
        store.put(
            NetTypes.ADDRESS_CLAIM,
            JsonParser.parseString(
                    """
                    {"metadata": {"name": "c"}, "spec": {"pool": "lan", "address": "192.0.2.2",
                     "allocatedAt": "2026-01-02T03:04:05Z", "owner": {"namespace": "vms", "name": "a"}}}
                    """)
                .getAsJsonObject());
    informers.start();
    var metrics = new Metrics();
    var leads = new AtomicBoolean();
    new ControllerMetrics(metrics).observe(control, leads::get);

    assertThat(metrics.text()).doesNotContain("pool=\"lan\"");
    leads.set(true);
    assertThat(metrics.text())
        .contains("thresher_pool_addresses_used{pool=\"lan\"} 1.0")
        .contains("thresher_pool_namespace_addresses_used{namespace=\"vms\",pool=\"lan\"} 1.0");
  }
}
