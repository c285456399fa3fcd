package dev.thresher.e2e.soak.ccm;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.PaperMachines;
import dev.thresher.e2e.lab.Together;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The Services, machines and nodes that there are to be, and what it takes to change them.
///
/// Every method changes the clusters and, at the same time, what is expected of them. Not
/// thread-safe.
final class Fleet {

  private static final String NAMESPACE = "soak";
  private static final String SHUTDOWN = "node.cloudprovider.kubernetes.io/shutdown";
  private static final String UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";

  private final Cloud cloud;
  private final PaperMachines machines;
  private final Random dice;
  private final TreeSet<Integer> nodes = new TreeSet<>();
  private final TreeSet<Integer> marked = new TreeSet<>();
  private final TreeSet<String> services = new TreeSet<>();
  private final Map<String, Expected.Kept> kept = new HashMap<>();
  private int nextNode;
  private int nextService;

  Fleet(Cloud cloud, Random dice) {
    this.cloud = cloud;
    this.machines = new PaperMachines(cloud.lab(), Cloud.GUEST);
    this.dice = dice;
    cloud.guest().ensureNamespace(NAMESPACE);
  }

  Expected expected() {
    return new Expected(
        services.stream().map(name -> NAMESPACE + "/" + name).collect(Collectors.toSet()),
        Map.copyOf(kept),
        nodes.stream().map(PaperMachines::name).collect(Collectors.toSet()),
        marked.stream().map(PaperMachines::name).collect(Collectors.toSet()));
  }

  int services() {
    return services.size();
  }

  int nodes() {
    return nodes.size();
  }

  /// All is well: from now on Services keep what they have.
  void keep(Snapshot seen) {
    kept.clear();
    for (Snapshot.Balancer balancer : seen.balancers()) {
      kept.put(balancer.service(), new Expected.Kept(balancer.address(), balancer.uid()));
    }
  }

  /// Services and nodes at once; the machines are there before.
  void create(int serviceCount, int nodeCount) {
    List<Integer> added = newNodes(nodeCount);
    machines.create(added);
    var registered = CompletableFuture.runAsync(() -> machines.register(added));
    addServices(serviceCount);
    registered.join();
  }

  /// @return their names
  List<String> addServices(int count) {
    List<String> added =
        IntStream.range(nextService, nextService + count).mapToObj(n -> "web-" + n).toList();
    nextService += count;
    services.addAll(added);
    Together.each(
        added,
        name -> GuestService.create(cloud.guest(), NAMESPACE, name, List.of("IPv4"), Map.of()));
    return added;
  }

  void removeServices(Collection<String> names) {
    services.removeAll(names);
    names.forEach(name -> kept.remove(NAMESPACE + "/" + name));
    Together.each(
        names,
        name ->
            cloud.guest().api().delete("/api/v1/namespaces/" + NAMESPACE + "/services/" + name));
  }

  List<String> someServices(int count) {
    return some(services, count);
  }

  List<String> allServices() {
    return List.copyOf(services);
  }

  /// Nodes that no other call changes at the moment.
  ///
  /// @param count at most as many as there are
  List<Integer> someNodes(int count) {
    return some(nodes, count);
  }

  void addNodes(int count) {
    List<Integer> added = newNodes(count);
    machines.create(added);
    machines.register(added);
  }

  /// Machines are deleted on the host; their nodes will have to go.
  void removeMachines(Collection<Integer> numbers) {
    machines.remove(numbers);
    expectNoNodes(numbers);
  }

  /// The kubelets are silent, or back.
  void ready(Collection<Integer> numbers, boolean ready) {
    machines.ready(numbers, ready);
  }

  void powerOff(Collection<Integer> numbers) {
    machines.powerOff(numbers);
  }

  void powerOn(Collection<Integer> numbers) {
    machines.create(numbers);
  }

  /// Another machine of the same name, whose kubelet registers anew.
  void makeAgain(Collection<Integer> numbers) {
    nodes.addAll(numbers);
    machines.create(numbers);
    machines.register(numbers);
  }

  /// Somebody deletes Node objects; the kubelets register again.
  void registerAgain(Collection<Integer> numbers) {
    machines.forget(numbers);
    marked.removeAll(numbers);
    machines.register(numbers);
  }

  /// Taint that is to stay.
  void mark(Collection<Integer> numbers) {
    marked.addAll(numbers);
    taint(numbers, Expected.MARK, "NoSchedule");
  }

  /// Taint with which others ask for an initialisation, beside those that the nodes have.
  void askForInitialisation(Collection<Integer> numbers) {
    taint(numbers, UNINITIALIZED, "PreferNoSchedule");
  }

  boolean nodeExists(int number) {
    return cloud.guest().api().find("/api/v1/nodes/" + PaperMachines.name(number)).isPresent();
  }

  /// Whether nodes have the taint of those whose machine is shut down.
  boolean areShutDown(Collection<Integer> numbers) {
    Map<String, Snapshot.Node> seen = Snapshot.of(cloud).nodes();
    return numbers.stream()
        .map(number -> seen.get(PaperMachines.name(number)))
        .allMatch(node -> node != null && node.taints().contains(SHUTDOWN));
  }

  /// How many of these Services have an object on the host and no address.
  long reservationsWithoutAddress(Collection<String> names) {
    return Snapshot.of(cloud).balancers().stream()
        .filter(balancer -> balancer.reserved().isEmpty())
        .filter(balancer ->
            names.contains(balancer.service().substring(balancer.service().indexOf('/') + 1)))
        .count();
  }

  private void taint(Collection<Integer> numbers, String key, String effect) {
    KubeApi guest = cloud.guest().api();
    Together.each(
        numbers,
        number -> {
          String path = "/api/v1/nodes/" + PaperMachines.name(number);
          Await.until(
              "a taint on " + path,
              Await.PATIENCE,
              () -> {
                JsonObject node = guest.get(path);
                JsonObject spec = node.getAsJsonObject("spec");
                if (!spec.has("taints")) {
                  spec.add("taints", new JsonArray());
                }
                JsonObject taint = new JsonObject();
                taint.addProperty("key", key);
                taint.addProperty("value", "true");
                taint.addProperty("effect", effect);
                JsonArray taints = spec.getAsJsonArray("taints");
                // An earlier round may have chosen this node too.
                if (taints.contains(taint)) {
                  return true;
                }
                taints.add(taint);
                return isWritten(guest, path, node);
              });
        });
  }

  /// @return false if somebody else wrote in between
  private static boolean isWritten(KubeApi api, String path, JsonObject object) {
    try {
      api.replace(path, object);
      return true;
    } catch (KubeApi.ApiFailure e) {
      if (e.status() == 409) {
        return false;
      }
      throw e;
    }
  }

  private void expectNoNodes(Collection<Integer> numbers) {
    nodes.removeAll(numbers);
    marked.removeAll(numbers);
  }

  private List<Integer> newNodes(int count) {
    List<Integer> added = IntStream.range(nextNode, nextNode + count).boxed().toList();
    nextNode += count;
    nodes.addAll(added);
    return added;
  }

  private <T> List<T> some(Collection<T> all, int count) {
    var shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, dice);
    return List.copyOf(shuffled.subList(0, Math.min(count, shuffled.size())));
  }
}
