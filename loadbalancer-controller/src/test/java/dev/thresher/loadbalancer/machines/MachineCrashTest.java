package dev.thresher.loadbalancer.machines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.loadbalancer.reconcile.FaultyApi;
import dev.thresher.loadbalancer.reconcile.FaultyApi.Fault;
import dev.thresher.loadbalancer.reconcile.FaultyApi.Killed;
import io.kubernetes.client.common.KubernetesObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A host is taken over from Harvester's controller, a guest cluster is removed, and something
/// happens at one of the writes: what is there after each step is what it would be without.
@Tag("simulation")
final class MachineCrashTest {

  /// After each the controller works until nothing waits.
  private static final List<Consumer<MachineScene>> STEPS =
      List.of(
          scene -> {
            scene.machine("node-1", "g1", false, "kubevirt.io/vm", HarvesterNames.VM_FINALIZER);
            scene.machine("node-2", "g1", false, HarvesterNames.VM_FINALIZER);
            scene.machine("other", "g2", false, HarvesterNames.VM_FINALIZER);
            scene.instance("node-1", HarvesterNames.VMI_FINALIZER);
            scene.loadBalancer("web", "cluster", "g1");
            scene.loadBalancer("dns", "cluster", "g1");
            scene.loadBalancer("of-another-cluster", "cluster", "g2");
          },
          // It is to be removed, and that is taken back.
          scene -> scene.machine("node-1", "g1", true, "kubevirt.io/vm"),
          scene -> scene.machine("node-1", "g1", false, "kubevirt.io/vm"),
          scene -> {
            scene.machine("node-1", "g1", true, "kubevirt.io/vm");
            scene.machine("node-2", "g1", true);
          },
          scene -> scene.deleteMachine("node-1"),
          scene -> scene.loadBalancer("made-again", "cluster", "g1"),
          scene -> scene.deleteMachine("node-2"),
          scene -> scene.deleteMachine("other"));

  @ParameterizedTest
  @EnumSource
  void endsInTheSameStateWhateverHappens(Fault fault) {
    List<List<String>> undisturbed = run(fault, 0).states();
    assertThat(undisturbed.getFirst())
        .containsExactly(
            "dns",
            "of-another-cluster",
            "web",
            "node-1 [kubevirt.io/vm]",
            "node-2",
            "other",
            "instance node-1");
    assertThat(undisturbed.get(1)).contains("dns marked", "web marked");
    assertThat(undisturbed.get(2)).contains("dns", "web");
    assertThat(undisturbed.get(4)).contains("of-another-cluster").doesNotContain("web marked");
    assertThat(undisturbed.getLast()).contains("of-another-cluster");

    int write = 1;
    for (Run run = run(fault, write); run.faulted(); run = run(fault, ++write)) {
      for (int step = 0; step < STEPS.size(); step++) {
        assertThat(run.states().get(step))
            .as("%s at write %d, after step %d", fault, write, step + 1)
            .isEqualTo(undisturbed.get(step));
      }
    }
    // Four finalizers, two marks three times, three deletions.
    assertThat(write - 1).as("writes").isEqualTo(13);
  }

  private record Run(List<List<String>> states, boolean faulted) {}

  /// @param write at which the fault comes, 0 for none
  private static Run run(Fault fault, int write) {
    var faulty = new ArrayList<FaultyApi>();
    MachineScene scene =
        new MachineScene()
            .restarted(api -> {
              var between = new FaultyApi(api, fault, write);
              faulty.add(between);
              return between;
            });
    var states = new ArrayList<List<String>>();
    for (Consumer<MachineScene> step : STEPS) {
      step.accept(scene);
      try {
        scene.settle();
      } catch (Killed killed) {
        scene = scene.restarted(UnaryOperator.identity());
        scene.settle();
      }
      states.add(state(scene));
    }
    return new Run(states, faulty.getFirst().happened());
  }

  private static List<String> state(MachineScene scene) {
    return Stream.of(
            scene.store.list(LoadBalancerTypes.LOAD_BALANCER).stream()
                .map(object -> text("", object)),
            scene.store.list(KubeVirtTypes.VIRTUAL_MACHINE).stream().map(vm -> text("", vm)),
            scene.store.list(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE).stream()
                .map(instance -> text("instance ", instance)))
        .flatMap(lines -> lines.sorted())
        .toList();
  }

  private static String text(String kind, KubernetesObject object) {
    var metadata = object.getMetadata();
    List<String> finalizers = Objects.requireNonNullElse(metadata.getFinalizers(), List.of());
    Map<String, String> annotations =
        Objects.requireNonNullElse(metadata.getAnnotations(), Map.of());
    return kind
        + ObjectKey.of(object).name()
        + (finalizers.isEmpty() ? "" : " " + finalizers)
        + ("true".equals(annotations.get(ThresherNames.GUEST_REMOVED)) ? " marked" : "");
  }
}
