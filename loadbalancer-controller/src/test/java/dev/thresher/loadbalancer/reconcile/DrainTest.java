package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.key;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.Backend;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.runtime.client.Precondition;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Machines that the selector has let go.
final class DrainTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:01:00Z");

  private static LoadBalancer draining(int seconds) {
    LoadBalancer object = machines("a");
    object.getMetadata().uid("uid");
    object.getSpec().drainSeconds(seconds);
    return object;
  }

  @ParameterizedTest(name = "{0} s, {1} since {2}: {3}")
  @CsvSource({
    // Just let go, as the status does not speak of it yet.
    "30, '', '', true",
    "0, '', '', false",
    "30, Draining, 2026-01-01T00:00:31Z, true",
    "30, Draining, 2026-01-01T00:00:30Z, false",
    "30, Draining, 2025-01-01T00:00:00Z, false",
    "30, Draining, yesterday, true",
    // Before, it was something else.
    "30, Terminating, 2025-01-01T00:00:00Z, true",
    "30, '', 2025-01-01T00:00:00Z, true",
  })
  void keepsAMachineForAsLongAsItIsSaid(
      int seconds, String reason, String since, boolean expected) {
    LoadBalancer object = draining(seconds);
    object.setStatus(
        new LoadBalancerStatus()
            .addBackendsItem(
                new Backend()
                    .name("vm-1")
                    .address("10.0.0.5")
                    .ready(reason.isEmpty())
                    .reason(reason)
                    .lastTransitionTime(since)));
    var drain = new Drain(Wish.of(object), object, Set.of("uid-of-vm-1"), NOW);
    assertThat(drain.keeps(World.instance("vm-1", "other", "10.0.0.5"))).isEqualTo(expected);
    assertThat(drain.keeps(World.instance("vm-2", "other", "10.0.0.6")))
        .as("one that never was a back end")
        .isFalse();
  }

  private static final class Scene {
    private final World world = new World();

    private Scene(int seconds) {
      world.pool("pool", "192.0.2.0/24");
      world.machine("vm-1", "10.0.0.5");
      world.machine("vm-2", "10.0.0.6");
      LoadBalancer object = machines("a");
      object.getSpec().drainSeconds(seconds);
      world.create(object);
      world.settle();
      assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");
    }

    private void letGo(String name, String address) {
      VirtualMachineInstance instance = World.instance(name, "other", address);
      world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, instance);
    }
  }

  @Test
  void aMachineThatIsLetGoFinishesWhatItBegan() {
    var scene = new Scene(30);
    scene.world.waits = false;
    scene.letGo("vm-2", "10.0.0.6");
    scene.world.settle();
    scene.world.timeline.advance(Duration.ofSeconds(10));
    scene.world.restart();
    scene.world.settle();

    assertThat(scene.world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6 not ready");
    var conditions = scene.world.slice("a").getEndpoints().get(1).getConditions();
    assertThat(conditions.getServing()).isTrue();
    assertThat(conditions.getTerminating()).isTrue();
    LoadBalancerStatus status = scene.world.loadBalancer("a").getStatus();
    assertThat(status.getBackends())
        .extracting(Backend::getReason)
        .containsExactly(null, "Draining");
    assertThat(status.getBackendServers()).containsExactly("10.0.0.5");

    assertThat(scene.world.later).last().isEqualTo(Duration.ofSeconds(20));
    scene.world.timeline.advance(Duration.ofSeconds(20));
    scene.world.restart();
    scene.world.settle();
    assertThat(scene.world.endpoints("a")).containsExactly("10.0.0.5");
    assertThat(scene.world.loadBalancer("a").getStatus().getBackends()).hasSize(1);
  }

  @Test
  void withoutATimeItIsGoneAtOnce() {
    var scene = new Scene(0);
    scene.letGo("vm-2", "10.0.0.6");
    scene.world.settle();
    assertThat(scene.world.endpoints("a")).containsExactly("10.0.0.5");
    assertThat(scene.world.timeline.now()).isEqualTo("2026-01-01T00:00:00Z");
  }

  @Test
  void oneThatEndsWhileItDrainsIsGone() {
    var scene = new Scene(3000);
    scene.world.waits = false;
    scene.letGo("vm-2", "10.0.0.6");
    scene.world.settle();
    assertThat(scene.world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6 not ready");
    scene.world.api.delete(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, key("vm-2"), Precondition.NONE);
    scene.world.settle();
    assertThat(scene.world.endpoints("a")).containsExactly("10.0.0.5");
  }

  @Test
  void aMachineThatComesBackTakesPartAgain() {
    var scene = new Scene(3000);
    scene.world.waits = false;
    scene.letGo("vm-2", "10.0.0.6");
    scene.world.settle();
    assertThat(scene.world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6 not ready");
    scene.world.machine("vm-2", "10.0.0.6");
    scene.world.settle();
    assertThat(scene.world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");
    assertThat(scene.world.events).contains("NORMAL a BackendReady");
  }
}
