package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.cluster;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.loadbalancer.AllocatedAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerStatus;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.reconcile.FaultyApi.Fault;
import dev.thresher.loadbalancer.reconcile.FaultyApi.Killed;
import dev.thresher.runtime.patch.Patch;
import dev.thresher.runtime.patch.Patches;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
  record Story(String name, List<Step> steps) {
    Story(String name, Step... steps) {
      this(name, List.of(steps));
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
            world -> world.delete("b")));
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
          CoreTypes.ENDPOINT_SLICE);

  /// What differs between any two runs.
  private static final Set<String> VOLATILE =
      Set.of(
          "uid",
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
    world.restart(api);
    work(world);
    var states = new ArrayList<Map<String, JsonElement>>();
    for (Step step : story.steps()) {
      step.accept(world);
      work(world);
      states.add(state(world));
    }
    return new Run(states, api.happened());
  }

  /// Works; a process that is killed is followed by another one.
  private static void work(World world) {
    try {
      world.settle();
    } catch (Killed killed) {
      world.restart();
      world.settle();
    }
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
