package dev.thresher.loadbalancer.machines;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.machines.GuestRemoval.Guest;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Change;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.informer.Informers;
import dev.thresher.runtime.informer.Scope;
import dev.thresher.runtime.leader.Leadership;
import dev.thresher.runtime.metrics.Metrics;
import dev.thresher.runtime.reconcile.Controller;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.common.KubernetesObject;
import java.util.List;
import java.util.function.Consumer;

/// What looks after machines, put together. Make it before the informers start.
public final class MachineControl {

  /// Machines are written to only after a take-over, and then all of them: at this pace nobody else
  /// waits for it.
  private static final int WORKERS = 2;

  private final Informer<VirtualMachine> machines;
  private final Informer<VirtualMachineInstance> instances;
  private final Informer<LoadBalancer> loadBalancers;
  private final FormerFinalizers<VirtualMachine> ofMachines;
  private final FormerFinalizers<VirtualMachineInstance> ofInstances;
  private final GuestRemoval removal;

  /// @param api the host cluster; its writes should be fenced by the leadership
  public MachineControl(KubeApi api, Informers informers, EventRecorder events) {
    machines = informers.informer(KubeVirtTypes.VIRTUAL_MACHINE, Scope.ALL);
    instances = informers.informer(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, Scope.ALL);
    loadBalancers = informers.informer(LoadBalancerTypes.LOAD_BALANCER, Scope.ALL);
    ofMachines =
        new FormerFinalizers<>(
            api, KubeVirtTypes.VIRTUAL_MACHINE, machines, HarvesterNames.VM_FINALIZER);
    ofInstances =
        new FormerFinalizers<>(
            api, KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, instances, HarvesterNames.VMI_FINALIZER);
    removal = new GuestRemoval(api, machines, loadBalancers, events);
  }

  /// The controllers, connected to what they watch.
  public List<Controller<?>> controllers(
      Leadership leadership, Metrics metrics, Timeline timeline) {
    Controller<ObjectKey> machine =
        controller("machine", ofMachines, leadership, metrics, timeline);
    Controller<ObjectKey> instance =
        controller("machineinstance", ofInstances, leadership, metrics, timeline);
    Controller<Guest> guest = controller("guestremoval", removal, leadership, metrics, timeline);
    List.of(machine, instance, guest)
        .forEach(controller -> {
          controller.needs(machines);
          controller.needs(instances);
          controller.needs(loadBalancers);
        });
    follow(machine::enqueue, instance::enqueue, guest::enqueue);
    return List.of(machine, instance, guest);
  }

  void follow(Consumer<ObjectKey> machine, Consumer<ObjectKey> instance, Consumer<Guest> guest) {
    machines.onChange(change -> look(change, ofMachines, machine));
    machines.onChange(change -> removal(change, guest));
    instances.onChange(change -> look(change, ofInstances, instance));
    loadBalancers.onChange(change -> {
      if (!(change instanceof Change.Deleted<LoadBalancer>)) {
        removal.concerned(change.object()).ifPresent(guest);
      }
    });
  }

  private static <T extends KubernetesObject> void look(
      Change<T> change, FormerFinalizers<T> finalizers, Consumer<ObjectKey> queue) {
    if (!(change instanceof Change.Deleted<T>) && finalizers.concerns(change.object())) {
      queue.accept(ObjectKey.of(change.object()));
    }
  }

  private void removal(Change<VirtualMachine> change, Consumer<Guest> queue) {
    switch (change) {
      case Change.Added<VirtualMachine>(VirtualMachine machine) ->
          GuestRemoval.marked(machine).ifPresent(queue);
      case Change.Updated<VirtualMachine>(VirtualMachine before, VirtualMachine after) -> {
        // Also when the mark is taken back.
        GuestRemoval.marked(before).ifPresent(queue);
        GuestRemoval.marked(after).ifPresent(queue);
      }
      case Change.Deleted<VirtualMachine>(VirtualMachine machine) -> {
        GuestRemoval.marked(machine).ifPresent(removal::lastSeen);
        GuestRemoval.of(machine).ifPresent(queue);
      }
    }
  }

  FormerFinalizers<VirtualMachine> ofMachines() {
    return ofMachines;
  }

  FormerFinalizers<VirtualMachineInstance> ofInstances() {
    return ofInstances;
  }

  GuestRemoval guestRemoval() {
    return removal;
  }

  private static <K> Controller<K> controller(
      String name,
      Reconciler<K> reconciler,
      Leadership leadership,
      Metrics metrics,
      Timeline timeline) {
    return Controller.builder(name, reconciler, timeline)
        .workers(WORKERS)
        .onlyWhenLeading(leadership)
        .metrics(metrics)
        .build();
  }
}
