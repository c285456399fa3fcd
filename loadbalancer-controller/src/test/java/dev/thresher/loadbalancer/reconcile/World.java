package dev.thresher.loadbalancer.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.Network;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.kubevirt.VirtualMachineInstanceNetworkInterface;
import dev.thresher.api.kubevirt.VirtualMachineInstanceSpec;
import dev.thresher.api.kubevirt.VirtualMachineInstanceStatus;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.IPPoolSpec;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerSpec;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.loadbalancer.PoolRange;
import dev.thresher.api.loadbalancer.PoolSelector;
import dev.thresher.api.loadbalancer.ScopeTuple;
import dev.thresher.api.net.AddressClaim;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.health.HealthObserver;
import dev.thresher.loadbalancer.health.Outcome;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.fake.FakeInformers;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.fake.FakeStore;
import dev.thresher.runtime.patch.Patches;
import dev.thresher.runtime.queue.Priority;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.VirtualTimeline;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// A host cluster in memory with the reconcilers in it, run by hand: [#settle] works until nothing
/// is left to do.
final class World {

  static final String NS = "vms";

  final VirtualTimeline timeline = new VirtualTimeline();
  final FakeStore store;
  final FakeKubeApi api;
  final List<String> events = new ArrayList<>();
  final List<Double> allocations = new ArrayList<>();

  /// How back ends answer their check; who is not in it passes.
  final Map<String, Outcome> answers = new HashMap<>();

  /// Whether time moves for those who ask to be called again; else that is only noted.
  boolean waits = true;

  final List<Duration> later = new ArrayList<>();
  final List<String> probed = new ArrayList<>();
  final Map<ObjectKey, String> failures = new LinkedHashMap<>();

  private final Set<ObjectKey> loadBalancers = new LinkedHashSet<>();
  private final Set<String> pools = new LinkedHashSet<>();
  private FakeInformers informers;
  private LoadBalancerControl control;
  private boolean imports;
  private boolean importWaits;
  private Duration holdDown = Duration.ZERO;
  private PoolPolicy poolPolicy = PoolPolicy.DEFAULT;
  Map<IpFamily, IpAddress> nobody = Map.of(IpFamily.IPV4, IpAddress.parse("10.52.0.255"));

  World() {
    store = new FakeStore(timeline::now);
    api = new FakeKubeApi("host", store);
    start(api);
  }

  /// The process ends and another one begins.
  void restart() {
    start(api);
  }

  void restart(KubeApi other) {
    start(other);
  }

  void holdDown(Duration duration) {
    holdDown = duration;
    restart();
  }

  /// The configuration of kube-vip is looked at, now and whenever a process begins.
  void importsKubeVip() {
    imports = true;
    importWaits = true;
  }

  void poolPolicy(PoolPolicy policy) {
    poolPolicy = policy;
    restart();
  }

  LoadBalancerControl control() {
    return control;
  }

  FakeInformers informers() {
    return informers;
  }

  private void start(KubeApi through) {
    loadBalancers.clear();
    pools.clear();
    importWaits = imports;
    informers = new FakeInformers(store, timeline);
    EventRecorder recorder =
        (regarding, type, reason, message) ->
            events.add(type + " " + regarding.getMetadata().getName() + " " + reason);
    control =
        new LoadBalancerControl(
            new LoadBalancerControl.Surroundings(
                through,
                informers,
                recorder,
                timeline,
                holdDown,
                poolPolicy,
                Optional.of(nobody),
                (address, _, outcome) -> {
                  probed.add(address.toString());
                  outcome.accept(answers.getOrDefault(address.toString(), Outcome.PASSED));
                },
                HealthObserver.NONE,
                allocations::add));
    // A process that has ended hears nothing any more.
    LoadBalancerControl mine = control;
    control.follow(
        new LoadBalancerControl.Queues() {
          @Override
          public void loadBalancer(ObjectKey key, Priority priority) {
            if (control == mine) {
              loadBalancers.add(key);
            }
          }

          @Override
          public void pool(String name, Priority priority) {
            if (control == mine) {
              pools.add(name);
            }
          }
        });
    informers.start();
  }

  /// Works until nothing is left to do; time moves for those who ask to be called again.
  void settle() {
    for (int round = 0; round < 200; round++) {
      if (!step()) {
        return;
      }
    }
    throw new AssertionError("does not settle: " + loadBalancers + " " + pools);
  }

  /// Lets time pass; whatever it brings is worked on as it comes.
  void pass(Duration time) {
    var step = Duration.ofMillis(50);
    for (Duration passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plus(step)) {
      timeline.advance(step);
      settle();
    }
  }

  /// One look at everything that waits.
  ///
  /// @return whether anything waited
  boolean step() {
    boolean any = importWaits || !loadBalancers.isEmpty() || !pools.isEmpty();
    if (importWaits) {
      importWaits = false;
      try {
        control.kubeVipImport().reconcile(KubeVipImport.CONFIG_MAP);
      } catch (KubeApiException e) {
        importWaits = true;
      }
    }
    for (ObjectKey key : take(loadBalancers)) {
      try {
        again(
            control.loadBalancerReconciler().reconcile(key),
            () -> loadBalancers.add(key),
            message -> failures.put(key, message));
      } catch (KubeApiException e) {
        loadBalancers.add(key);
      }
    }
    for (String name : take(pools)) {
      try {
        again(
            control.poolReconciler().reconcile(name),
            () -> pools.add(name),
            message -> {
              throw new AssertionError(message);
            });
      } catch (KubeApiException e) {
        pools.add(name);
      }
    }
    return any;
  }

  /// The time has come to try again what failed.
  void retryFailures() {
    loadBalancers.addAll(failures.keySet());
    failures.clear();
  }

  private void again(Result result, Runnable look, Consumer<String> failed) {
    switch (result) {
      case Result.Done() -> {}
      case Result.After(Duration delay) -> {
        if (waits) {
          timeline.advance(delay);
          look.run();
        } else {
          later.add(delay);
        }
      }
      case Result.Failed(String message) -> failed.accept(message);
    }
  }

  private static <T> List<T> take(Set<T> set) {
    List<T> all = List.copyOf(set);
    set.clear();
    return all;
  }

  // --- The scene ---

  void pool(String name, String... ranges) {
    pool(name, new ScopeTuple().project("*").namespace("*").guestCluster("*"), ranges);
  }

  /// @param ranges `subnet [start [end]]`
  void pool(String name, ScopeTuple scope, String... ranges) {
    var spec = new IPPoolSpec().selector(new PoolSelector().addScopeItem(scope));
    for (String text : ranges) {
      String[] parts = text.split(" ", -1);
      var range = new PoolRange().subnet(parts[0]);
      if (parts.length > 1) {
        range.rangeStart(parts[1]);
      }
      if (parts.length > 2) {
        range.rangeEnd(parts[2]);
      }
      spec.addRangesItem(range);
    }
    store.put(
        LoadBalancerTypes.IP_POOL, new IPPool().metadata(new V1ObjectMeta().name(name)).spec(spec));
  }

  /// A load balancer of a guest cluster's Service.
  static LoadBalancer cluster(String name) {
    return new LoadBalancer()
        .metadata(new V1ObjectMeta().namespace(NS).name(name))
        .spec(new LoadBalancerSpec().workloadType("cluster").ipam("pool"));
  }

  /// A load balancer of virtual machines labelled `app=web`.
  static LoadBalancer machines(String name) {
    return new LoadBalancer()
        .metadata(new V1ObjectMeta().namespace(NS).name(name))
        .spec(
            new LoadBalancerSpec()
                .workloadType("vm")
                .addListenersItem(
                    new Listener().name("http").port(80).protocol("TCP").backendPort(8080))
                .putBackendServerSelectorItem("app", List.of("web")));
  }

  void create(LoadBalancer object) {
    api.create(LoadBalancerTypes.LOAD_BALANCER, object);
    api.forgetCalls();
  }

  void delete(String name) {
    api.delete(LoadBalancerTypes.LOAD_BALANCER, key(name), Precondition.NONE);
    api.forgetCalls();
  }

  void machine(String name, String... addresses) {
    store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, instance(name, "web", addresses));
  }

  static VirtualMachineInstance instance(String name, String app, String... addresses) {
    return new VirtualMachineInstance()
        .metadata(
            new V1ObjectMeta()
                .namespace(NS)
                .name(name)
                .uid("uid-of-" + name)
                .labels(Map.of("app", app)))
        .spec(new VirtualMachineInstanceSpec().addNetworksItem(new Network().name("nic-1")))
        .status(
            new VirtualMachineInstanceStatus()
                .phase("Running")
                .nodeName("host-1")
                .addInterfacesItem(
                    new VirtualMachineInstanceNetworkInterface()
                        .name("nic-1")
                        .ipAddresses(addresses.length == 0 ? null : Arrays.asList(addresses))));
  }

  /// What the holder of virtual addresses on the host does.
  void announce(String name, String... addresses) {
    api.patch(
        CoreTypes.SERVICE,
        key(name),
        Patches.serviceIngress(
            Arrays.stream(addresses)
                .map(address -> new V1LoadBalancerIngress().ip(address).ipMode("VIP"))
                .toList()));
    api.forgetCalls();
  }

  // --- What is there ---

  static ObjectKey key(String name) {
    return ObjectKey.of(NS, name);
  }

  LoadBalancer loadBalancer(String name) {
    return store.get(LoadBalancerTypes.LOAD_BALANCER, key(name)).orElseThrow();
  }

  boolean exists(String name) {
    return store.get(LoadBalancerTypes.LOAD_BALANCER, key(name)).isPresent();
  }

  IPPool pool(String name) {
    return store.get(LoadBalancerTypes.IP_POOL, ObjectKey.cluster(name)).orElseThrow();
  }

  String allocated(String name) {
    var status = loadBalancer(name).getStatus();
    return status == null || status.getAllocatedAddress() == null
        ? ""
        : Optional.ofNullable(status.getAllocatedAddress().getIp()).orElse("");
  }

  Condition ready(String name) {
    return StatusDocument.condition(loadBalancer(name)).orElseThrow();
  }

  V1Service service(String name) {
    return store.get(CoreTypes.SERVICE, key(name)).orElseThrow();
  }

  V1EndpointSlice slice(String name) {
    return store.get(CoreTypes.ENDPOINT_SLICE, key(name)).orElseThrow();
  }

  List<String> endpoints(String slice) {
    return slice(slice).getEndpoints().stream()
        .map(endpoint ->
            endpoint.getAddresses().get(0)
                + (Boolean.TRUE.equals(endpoint.getConditions().getReady()) ? "" : " not ready"))
        .toList();
  }

  boolean has(ResourceType<? extends KubernetesObject> type, String name) {
    return store.getJson(type, key(name)).isPresent();
  }

  /// Address to owner of the claims in use.
  Map<String, String> claims() {
    return store.list(NetTypes.ADDRESS_CLAIM).stream()
        .filter(claim -> claim.getStatus() == null || claim.getStatus().getReleasedAt() == null)
        .collect(
            Collectors.toMap(
                claim -> claim.getSpec().getAddress(),
                claim ->
                    claim.getSpec().getOwner().getNamespace()
                        + "/"
                        + claim.getSpec().getOwner().getName()));
  }

  List<AddressClaim> claimObjects() {
    return store.list(NetTypes.ADDRESS_CLAIM);
  }

  /// Claims, the pool's status and the load balancers' status tell the same.
  void assertConsistent(String pool) {
    Map<String, String> claims = claims();
    var status = pool(pool).getStatus();
    assertThat(status.getAllocated()).isEqualTo(claims);
    assertThat(status.getAvailable()).isEqualTo(status.getTotal() - claims.size());
    for (LoadBalancer object : store.list(LoadBalancerTypes.LOAD_BALANCER)) {
      for (Recorded recorded : Recorded.of(object)) {
        assertThat(claims)
            .containsEntry(
                recorded.address().toString(), NS + "/" + object.getMetadata().getName());
      }
    }
  }
}
