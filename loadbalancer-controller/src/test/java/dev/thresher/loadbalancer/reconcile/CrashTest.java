package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.loadbalancer.AllocatedAddress;
import dev.thresher.api.loadbalancer.HealthCheck;
import dev.thresher.api.loadbalancer.IPPool;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.HarvesterNames;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.health.Outcome;
import dev.thresher.loadbalancer.reconcile.FaultyApi.Fault;
import dev.thresher.loadbalancer.reconcile.FaultyApi.Killed;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever happens at whichever write, the next run ends where an undisturbed one does.
@Tag("simulation")
final class CrashTest {

  interface Step extends Consumer<World> {}

  /// What the world does; after each step the controller works until nothing is left to do.
  ///
  /// @param holdDown how long a released address is given to nobody but its owner
  /// @param passes how much time passes after each step
  record Story(String name, Duration holdDown, Duration passes, List<Step> steps) {
    Story(String name, Step... steps) {
      this(name, Duration.ZERO, Duration.ZERO, List.of(steps));
    }

    Story holdingDown(Duration time) {
      return new Story(name, time, passes, steps);
    }

    Story passing(Duration time) {
      return new Story(name, holdDown, time, steps);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Story> stories() {
    return List.of(
        new Story("reservation", world -> world.create(cluster("a")), world -> world.delete("a")),
        new Story(
            "reservation of both families",
            world -> {
              LoadBalancer object = cluster("a");
              object.getSpec().ipFamilyPolicy("RequireDualStack");
              world.create(object);
            },
            world -> world.delete("a")),
        new Story(
            "made again",
            world -> world.create(cluster("a")),
            world -> world.delete("a"),
            world -> world.create(cluster("b")),
            world -> world.create(cluster("a"))),
        new Story(
            "handed over in a full pool",
            world -> world.create(inPool("a", "tight")),
            world -> world.create(inPool("b", "tight")),
            world -> world.delete("a"),
            world -> world.delete("b")),
        new Story(
            "machines",
            world -> world.create(machines("a")),
            world -> world.announce("a", "192.0.2.2"),
            world -> world.machine("vm-1", "10.0.0.6"),
            world -> world.delete("a")),
        new Story(
            "other pool",
            world -> {
              LoadBalancer object = machines("a");
              object.getSpec().ipPool("pool");
              world.create(object);
            },
            world -> world.announce("a", "192.0.2.2"),
            world ->
                world.api.patch(
                    LoadBalancerTypes.LOAD_BALANCER,
                    World.key("a"),
                    new Patch.Merge(
                        Patches.nest(new JsonPrimitive("pool2"), "spec", "ipPool"), "")),
            world -> world.announce("a", "198.51.100.2"),
            world -> world.delete("a")),
        new Story(
            "adoption",
            world -> {
              LoadBalancer object = cluster("a");
              object.status(
                  new LoadBalancerStatus()
                      .allocatedAddress(
                          new AllocatedAddress()
                              .ipPool("pool")
                              .ip("192.0.2.7")
                              .mask("255.255.255.0")));
              world.store.put(LoadBalancerTypes.LOAD_BALANCER, object);
            },
            world -> world.create(cluster("b")),
            world -> world.delete("a")),
        new Story(
            "shared",
            world -> world.create(sharing("a", 80)),
            world -> world.announce("a", "192.0.2.2"),
            world -> world.create(sharing("b", 81)),
            world -> world.announce("b", "192.0.2.2"),
            world -> world.delete("a"),
            world -> world.create(machines("c")),
            world -> world.delete("b")),
        new Story(
            "freed by hand",
            world -> {
              IPPool pool = world.pool("tight");
              pool.getStatus().putAllocatedItem("203.0.113.10", "vms/gone");
              world.store.put(LoadBalancerTypes.IP_POOL, pool);
            },
            world -> world.create(inPool("a", "tight")),
            world ->
                world.api.patch(
                    LoadBalancerTypes.IP_POOL,
                    ObjectKey.cluster("tight"),
                    Patches.annotations(
                        Map.of(
                            HarvesterNames.MANUALLY_RELEASE_IP,
                            Optional.of("203.0.113.10: vms/gone")))),
            world -> world.delete("a")),
        new Story(
            "pool deleted while it is used",
            world -> world.create(inPool("a", "tight")),
            world ->
                world.api.delete(
                    LoadBalancerTypes.IP_POOL, ObjectKey.cluster("tight"), Precondition.NONE),
            world -> world.delete("a")),
        new Story(
            "imported from kube-vip",
            world -> {
              configMap(
                  world,
                  "kube-system",
                  Map.of(
                      "range-vms", "10.9.0.10-10.9.0.19", "range-global", "10.9.1.10-10.9.1.19"));
              configMap(
                  world,
                  World.NS,
                  Map.of(
                      "kubevip-services",
                      "{\"services\":[{\"vip\":\"10.9.0.12\",\"serviceName\":\"a\"}]}"));
              world.importsKubeVip();
            },
            world -> world.create(inPool("a", "vms")),
            world -> world.create(inPool("b", "vms")),
            world -> world.delete("a")),
        new Story(
            "dhcp",
            world -> {
              LoadBalancer object = machines("a");
              object.getSpec().ipam("dhcp");
              world.create(object);
            },
            world -> world.announce("a", "192.0.2.200"),
            world -> world.machine("vm-1", "10.0.0.6"),
            world -> world.delete("a")),
        new Story(
            "guest cluster on the host",
            world -> world.create(guestOnHost("a")),
            world -> world.announce("a", "192.0.2.2"),
            // A stock host prunes the field, and the annotation may go as well.
            world ->
                world.api.patch(
                    LoadBalancerTypes.LOAD_BALANCER,
                    World.key("a"),
                    new Patch.Merge(Patches.nest(JsonNull.INSTANCE, "spec", "placement"), "")),
            world -> world.delete("a")),
        new Story(
            "a family dropped",
            world -> {
              LoadBalancer object = machines("a");
              object.getSpec().ipFamilyPolicy("RequireDualStack");
              world.create(object);
            },
            world -> world.announce("a", "192.0.2.2", "2001:db8::2"),
            world -> {
              JsonObject document =
                  Patches.nest(new JsonPrimitive("SingleStack"), "spec", "ipFamilyPolicy");
              document.add(
                  "metadata",
                  Patches.nest(
                      new JsonPrimitive("IPv4"), "annotations", ThresherNames.IP_FAMILIES));
              world.api.patch(
                  LoadBalancerTypes.LOAD_BALANCER, World.key("a"), new Patch.Merge(document, ""));
            },
            world -> world.announce("a", "192.0.2.2"),
            world -> world.delete("a")),
        new Story(
            "drain",
            world -> {
              world.machine("vm-2", "10.0.0.6");
              LoadBalancer object = machines("a");
              object.getSpec().drainSeconds(30);
              world.create(object);
            },
            world -> world.announce("a", "192.0.2.2"),
            world ->
                world.store.put(
                    KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE,
                    World.instance("vm-2", "other", "10.0.0.6")),
            world -> world.delete("a")),
        new Story(
                "held down",
                world -> world.create(inPool("a", "tight")),
                world -> {
                  world.delete("a");
                  world.create(inPool("b", "tight"));
                },
                world -> world.delete("b"))
            .holdingDown(Duration.ofMinutes(1)),
        new Story(
                "health",
                world -> {
                  world.machine("vm-2", "10.0.0.6");
                  world.answers.put("10.0.0.6", new Outcome.Failed("ConnectionRefused", "refused"));
                  LoadBalancer object = machines("a");
                  object.getSpec().healthCheck(new HealthCheck().port(8080));
                  world.create(object);
                },
                world -> world.announce("a", "192.0.2.2"),
                world -> world.answers.remove("10.0.0.6"),
                world ->
                    world.answers.put(
                        "10.0.0.5", new Outcome.Failed("ConnectionRefused", "refused")),
                world ->
                    world.store.drop(
                        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, ObjectKey.of(World.NS, "vm-1")),
                world -> world.delete("a"))
            .passing(Duration.ofSeconds(4)));
  }

  private static void configMap(World world, String namespace, Map<String, String> data) {
    world.store.put(
        CoreTypes.CONFIG_MAP,
        new V1ConfigMap()
            .metadata(new V1ObjectMeta().namespace(namespace).name("kubevip"))
            .data(data));
  }

  private static LoadBalancer guestOnHost(String name) {
    LoadBalancer object = cluster(name);
    object.getMetadata().putAnnotationsItem(ThresherNames.PLACEMENT, "host");
    object
        .getSpec()
        .placement("host")
        .addListenersItem(new Listener().name("http").port(80).protocol("TCP").backendPort(30080))
        .putBackendServerSelectorItem("app", List.of("web"));
    return object;
  }

  private static LoadBalancer inPool(String name, String pool) {
    LoadBalancer object = cluster(name);
    object.getSpec().ipPool(pool);
    return object;
  }

  private static LoadBalancer sharing(String name, int port) {
    LoadBalancer object = machines(name);
    object.getMetadata().putAnnotationsItem(ThresherNames.SHARE_GROUP, "together");
    object.getSpec().getListeners().get(0).port(port);
    return object;
  }

  private static final List<ResourceType<?>> TYPES =
      List.of(
          LoadBalancerTypes.LOAD_BALANCER,
          LoadBalancerTypes.IP_POOL,
          NetTypes.ADDRESS_CLAIM,
          CoreTypes.SERVICE,
          CoreTypes.ENDPOINT_SLICE,
          CoreTypes.CONFIG_MAP);

  /// What differs between any two runs.
  private static final Set<String> VOLATILE =
      Set.of(
          "uid",
          "deletionTimestamp",
          "resourceVersion",
          "generation",
          "creationTimestamp",
          "allocatedAt",
          "releasedAt",
          "lastUpdateTime",
          "lastTransitionTime",
          "thresher.dev/load-balancer-uid");

  @ParameterizedTest
  @MethodSource("stories")
  void endsInTheSameStateWhateverHappens(Story story) {
    List<Map<String, JsonElement>> undisturbed = run(story, Fault.LOST, 0).states();
    for (Fault fault : Fault.values()) {
      int write = 1;
      for (Run run = run(story, fault, write); run.faulted(); run = run(story, fault, ++write)) {
        for (int step = 0; step < undisturbed.size(); step++) {
          assertThat(run.states().get(step))
              .as("%s at write %d, after step %d of %s", fault, write, step + 1, story)
              .isEqualTo(undisturbed.get(step));
        }
      }
      assertThat(write).as("writes of %s", story).isGreaterThan(story.steps().size() + 3);
    }
  }

  /// @param states what was there after each step
  /// @param faulted whether it came to the fault
  private record Run(List<Map<String, JsonElement>> states, boolean faulted) {}

  /// @param write at which the fault comes, 0 for none
  private static Run run(Story story, Fault fault, int write) {
    World world = new World();
    FaultyApi api = new FaultyApi(world.api, fault, write);
    world.pool("pool", "192.0.2.0/24");
    world.pool("six", "2001:db8::/64");
    world.pool("pool2", "198.51.100.0/24");
    world.pool("tight", "203.0.113.0/24 203.0.113.10 203.0.113.10");
    world.machine("vm-1", "10.0.0.5");
    world.holdDown(story.holdDown());
    world.restart(api);
    work(world, story.passes());
    var states = new ArrayList<Map<String, JsonElement>>();
    for (Step step : story.steps()) {
      step.accept(world);
      work(world, story.passes());
      states.add(state(world));
    }
    return new Run(states, api.happened());
  }

  /// Works; a process that is killed is followed by another one.
  private static void work(World world, Duration passes) {
    try {
      settle(world, passes);
    } catch (Killed killed) {
      world.restart();
      settle(world, passes);
    }
  }

  private static void settle(World world, Duration passes) {
    world.settle();
    world.pass(passes);
  }

  private static Map<String, JsonElement> state(World world) {
    var state = new TreeMap<String, JsonElement>();
    for (ResourceType<?> type : TYPES) {
      world
          .store
          .list(type)
          .forEach(object -> {
            ObjectKey key = ObjectKey.of(object);
            state.put(
                type.kind() + " " + key, stable(world.store.getJson(type, key).orElseThrow()));
          });
    }
    return state;
  }

  private static JsonElement stable(JsonElement element) {
    if (element instanceof JsonObject object) {
      var stable = new JsonObject();
      object.entrySet().stream()
          .filter(entry -> !VOLATILE.contains(entry.getKey()))
          .sorted(Map.Entry.comparingByKey())
          // A claim that was released and taken over has an empty status, a new one none.
          .filter(entry -> !entry.getValue().equals(new JsonObject()))
          .forEach(entry -> stable.add(entry.getKey(), stable(entry.getValue())));
      return stable;
    }
    if (element instanceof JsonArray array) {
      var stable = new JsonArray();
      array.forEach(item -> stable.add(stable(item)));
      return stable;
    }
    return element;
  }
}
