package dev.thresher.loadbalancer.machines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.runtime.client.KubeApiException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MachineControlTest {

  private final MachineScene scene = new MachineScene();

  @Test
  void takesHarvestersFinalizersOffEveryMachineAndNoOther() {
    scene.machine("node-1", "g1", false, "kubevirt.io/vm", HarvesterNames.VM_FINALIZER);
    scene.instance("node-1", HarvesterNames.VMI_FINALIZER, "foregroundDeleteVirtualMachine");
    scene.machine("node-2", "g1", false, "kubevirt.io/vm");
    scene.work();

    assertThat(
            scene
                .store
                .get(KubeVirtTypes.VIRTUAL_MACHINE, ObjectKey.of(MachineScene.NS, "node-1"))
                .orElseThrow()
                .getMetadata()
                .getFinalizers())
        .containsExactly("kubevirt.io/vm");
    assertThat(
            scene
                .store
                .get(
                    KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, ObjectKey.of(MachineScene.NS, "node-1"))
                .orElseThrow()
                .getMetadata()
                .getFinalizers())
        .containsExactly("foregroundDeleteVirtualMachine");
    assertThat(scene.api.writes()).hasSize(2);
  }

  @Test
  void aMachineThatHarvestersControllerHeldIsGoneAtOnce() {
    scene.machine("node-1", "g1", false, HarvesterNames.VM_FINALIZER);
    scene.deleteMachine("node-1");
    scene.work();
    assertThat(scene.store.list(KubeVirtTypes.VIRTUAL_MACHINE)).isEmpty();
  }

  @Test
  void theLoadBalancersOfARemovedClusterGoWithItsFirstMachine() {
    scene.machine("node-1", "g1", true, "kubevirt.io/vm");
    scene.machine("node-2", "g1", true, "kubevirt.io/vm");
    scene.loadBalancer("web", "cluster", "g1");
    scene.loadBalancer("dns", "cluster", "g1");
    scene.loadBalancer("of-another-cluster", "cluster", "g2");
    scene.loadBalancer("of-machines", "vm", "g1");
    scene.work();
    assertThat(scene.loadBalancers()).contains("web", "dns");

    scene.deleteMachine("node-1");
    scene.work();
    assertThat(scene.loadBalancers()).containsExactly("of-another-cluster", "of-machines");
    assertThat(scene.events)
        .containsExactlyInAnyOrder(
            "NORMAL web GuestClusterRemoved", "NORMAL dns GuestClusterRemoved");

    // The guest still runs and makes one again.
    scene.loadBalancer("web", "cluster", "g1");
    scene.work();
    assertThat(scene.loadBalancers()).doesNotContain("web");
  }

  @Test
  void aMachineThatIsGoneBeforeAnybodyLookedCounts() {
    scene.machine("node-1", "g1", true);
    scene.loadBalancer("web", "cluster", "g1");
    scene.deleteMachine("node-1");
    scene.work();
    assertThat(scene.loadBalancers()).isEmpty();
  }

  @Test
  void aClusterIsLookedAtForALoadBalancerOnlyWhileItIsBeingRemoved() {
    scene.machine("node-1", "g1", false);
    scene.loadBalancer("web", "cluster", "g1");
    assertThat(scene.waiting()).isEmpty();

    scene.machine("node-1", "g1", true);
    scene.work();
    scene.loadBalancer("dns", "cluster", "g1");
    assertThat(scene.waiting()).containsExactly("g1");

    scene.machine("node-1", "g1", false);
    scene.work();
    scene.work();
    scene.loadBalancer("late", "cluster", "g1");
    assertThat(scene.waiting()).isEmpty();
  }

  /// The controller did not run while the machines went; without a mark nothing would go.
  @Test
  void whatWasMarkedGoesAlsoIfNobodySawTheMachinesGo() {
    scene.machine("node-1", "g1", true, "kubevirt.io/vm");
    scene.loadBalancer("web", "cluster", "g1");
    scene.work();
    assertThat(scene.loadBalancers()).containsExactly("web");

    MachineScene later = scene.nobodyRunsWhile(() -> scene.forgetMachine("node-1"));
    later.loadBalancer("of-a-custom-cluster", "cluster", "g2");
    later.work();
    assertThat(later.loadBalancers()).containsExactly("of-a-custom-cluster");
  }

  @Test
  void aMarkThatIsTakenBackIsTakenBackHereToo() {
    scene.machine("node-1", "g1", true);
    scene.loadBalancer("web", "cluster", "g1");
    scene.work();
    scene.machine("node-1", "g1", false);
    scene.work();
    MachineScene later = scene.nobodyRunsWhile(() -> scene.forgetMachine("node-1"));
    later.work();
    assertThat(later.loadBalancers()).containsExactly("web");
  }

  /// Harvester's controller ends by a null error when one deletion works and another does not.
  @Test
  void oneThatCannotBeDeletedKeepsNoneOfTheOthersAndIsTriedAgain() {
    scene.machine("node-1", "g1", true);
    for (String name : new String[] {"a", "b", "c"}) {
      scene.loadBalancer(name, "cluster", "g1");
    }
    scene.deleteMachine("node-1");
    scene.api.failNext("delete", LoadBalancerTypes.LOAD_BALANCER, Reason.SERVER_ERROR);
    scene.work();
    assertThat(scene.loadBalancers()).hasSize(1);
    assertThat(scene.events)
        .anyMatch(event -> event.startsWith("guest cluster g1 is removed, and"));
    scene.work();
    assertThat(scene.loadBalancers()).isEmpty();
  }

  /// Neither a machine that is replaced nor clusters that cannot be told apart.
  @ParameterizedTest
  @CsvSource({"g1, false", "kubernetes, true", "'', true"})
  void nothingGoesOtherwise(String cluster, boolean marked) {
    scene.machine("node-1", cluster, marked);
    scene.loadBalancer("web", "cluster", cluster);
    scene.deleteMachine("node-1");
    scene.work();
    assertThat(scene.loadBalancers()).containsExactly("web");
  }
}
