package dev.thresher.loadbalancer.machines;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachine;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerSpec;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.loadbalancer.machines.GuestRemoval.Guest;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// Machines and load balancers of a host in memory, worked on by hand.
public final class MachineScene {

  static final String NS = "vms";

  final VirtualTimeline timeline;
  final FakeStore store;
  final FakeKubeApi api;
  final FakeKubeApi others;
  final List<String> events = new ArrayList<>();
  private final Set<ObjectKey> machines = new LinkedHashSet<>();
  private final Set<ObjectKey> instances = new LinkedHashSet<>();
  private final Set<Guest> guests = new LinkedHashSet<>();
  private final MachineControl control;
  private final FakeInformers informers;

  MachineScene() {
    this(new VirtualTimeline());
  }

  private MachineScene(VirtualTimeline timeline) {
    this(timeline, new FakeStore(timeline::now));
  }

  private MachineScene(VirtualTimeline timeline, FakeStore store) {
    this(timeline, store, UnaryOperator.identity());
  }

  /// @param between what is between the controller and the API server
  private MachineScene(VirtualTimeline timeline, FakeStore store, UnaryOperator<KubeApi> between) {
    this.timeline = timeline;
    this.store = store;
    api = new FakeKubeApi("controller", store);
    others = new FakeKubeApi("others", store);
    informers = new FakeInformers(store, timeline);
    control =
        new MachineControl(
            between.apply(api),
            informers,
            (object, type, reason, _) ->
                events.add(type + " " + object.getMetadata().getName() + " " + reason));
    control.follow(machines::add, instances::add, guests::add);
    informers.start();
  }

  /// All kinds of calls that are made.
  public static List<FakeCall> everyCall() {
    var scene = new MachineScene();
    scene.machine("node-1", "g1", true, HarvesterNames.VM_FINALIZER);
    scene.instance("node-1", HarvesterNames.VMI_FINALIZER);
    scene.loadBalancer("web", "cluster", "g1");
    scene.work();
    scene.deleteMachine("node-1");
    scene.work();
    return scene.api.calls();
  }

  void machine(String name, String cluster, boolean marked, String... finalizers) {
    var metadata =
        new V1ObjectMeta()
            .namespace(NS)
            .name(name)
            .finalizers(new ArrayList<>(List.of(finalizers)))
            .labels(Map.of(HarvesterNames.GUEST_CLUSTER_LABEL, cluster));
    if (marked) {
      metadata.annotations(Map.of(HarvesterNames.REMOVE_ALL_PVCS, "true"));
    }
    store.put(KubeVirtTypes.VIRTUAL_MACHINE, new VirtualMachine().metadata(metadata));
  }

  void instance(String name, String... finalizers) {
    store.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
        new VirtualMachineInstance()
            .metadata(
                new V1ObjectMeta()
                    .namespace(NS)
                    .name(name)
                    .finalizers(new ArrayList<>(List.of(finalizers)))));
  }

  void loadBalancer(String name, String type, String cluster) {
    store.put(
        LoadBalancerTypes.LOAD_BALANCER,
        new LoadBalancer()
            .metadata(
                new V1ObjectMeta()
                    .namespace(NS)
                    .name(name)
                    .labels(Map.of(HarvesterNames.CLUSTER_LABEL, cluster)))
            .spec(new LoadBalancerSpec().workloadType(type)));
  }

  void deleteMachine(String name) {
    others.delete(KubeVirtTypes.VIRTUAL_MACHINE, ObjectKey.of(NS, name), Precondition.NONE);
  }

  /// A machine is gone without anybody hearing of its deletion.
  void forgetMachine(String name) {
    store.drop(KubeVirtTypes.VIRTUAL_MACHINE, ObjectKey.of(NS, name));
  }

  /// @return the scene as the next controller finds it
  MachineScene nobodyRunsWhile(Runnable happens) {
    informers.pause();
    happens.run();
    return new MachineScene(timeline, store);
  }

  /// The process ends and another one begins.
  MachineScene restarted(UnaryOperator<KubeApi> between) {
    informers.pause();
    return new MachineScene(timeline, store, between);
  }

  /// Guest clusters that wait to be looked at.
  List<String> waiting() {
    return guests.stream().map(Guest::cluster).toList();
  }

  List<String> loadBalancers() {
    return store.list(LoadBalancerTypes.LOAD_BALANCER).stream()
        .map(object -> object.getMetadata().getName())
        .sorted()
        .toList();
  }

  /// Works off what waits, once; what failed waits again.
  void work() {
    for (ObjectKey key : take(machines)) {
      control.ofMachines().reconcile(key);
    }
    for (ObjectKey key : take(instances)) {
      control.ofInstances().reconcile(key);
    }
    for (Guest guest : take(guests)) {
      if (control.guestRemoval().reconcile(guest) instanceof Result.Failed(String message)) {
        events.add(message);
        guests.add(guest);
      }
    }
  }

  /// Works until nothing waits; what failed is tried again.
  void settle() {
    for (int round = 0; round < 50; round++) {
      if (machines.isEmpty() && instances.isEmpty() && guests.isEmpty()) {
        return;
      }
      look(machines, control.ofMachines()::reconcile);
      look(instances, control.ofInstances()::reconcile);
      look(guests, control.guestRemoval()::reconcile);
    }
    throw new AssertionError("does not settle: " + machines + instances + guests);
  }

  private static <K> void look(Set<K> queue, Function<K, Result> reconcile) {
    for (K key : take(queue)) {
      try {
        if (reconcile.apply(key) instanceof Result.Failed) {
          queue.add(key);
        }
      } catch (KubeApiException e) {
        queue.add(key);
      }
    }
  }

  private static <T> List<T> take(Set<T> set) {
    List<T> all = List.copyOf(set);
    set.clear();
    return all;
  }
}
