package dev.thresher.e2e.lbc;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.LabException;
import dev.thresher.e2e.lab.Node;
import dev.thresher.e2e.lab.Watched;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// Stands in for kube-vip on the host's only node, as far as `loadbalancer-controller` meets it: it
/// has the addresses of Services on the node's interface, where the kernel answers for them, and
/// writes them into their status. It asks for an address by DHCP where a Service wants `0.0.0.0`.
final class KubeVipOfServices implements AutoCloseable {

  /// When a Service gets its address.
  enum Order {
    /// Before 1.2: whether or not it has an endpoint.
    AT_ONCE,
    /// From 1.2 on: as soon as one of its slices has a ready endpoint, and until none has any more.
    ENDPOINTS_FIRST
  }

  private static final long PACE_MILLIS = 10;
  private static final String LIST = "kube-vip.io/loadbalancerIPs";

  private final Node node;
  private final KubeApi api;
  private final Order order;
  private final String lease;
  private final Watched services;
  private final Watched slices;
  private final Map<String, List<String>> held = new HashMap<>();
  private final List<String> givenUp = new ArrayList<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "kube-vip-of-services");
        thread.setDaemon(true);
        return thread;
      });
  private final ScheduledFuture<?> looks;

  /// @param lease what its DHCP server gives
  KubeVipOfServices(Node node, KubeApi api, Order order, String lease) {
    this.node = node;
    this.api = api;
    this.order = order;
    this.lease = lease;
    services = api.watch(HarvestersController.SERVICES);
    slices = api.watch(HarvestersController.SLICES);
    looks = clock.scheduleWithFixedDelay(this::look, 0, PACE_MILLIS, TimeUnit.MILLISECONDS);
  }

  /// Addresses that it took away from a Service that was still there.
  List<String> givenUp() {
    synchronized (givenUp) {
      return List.copyOf(givenUp);
    }
  }

  /// What `ip` shows of the addresses on a node's interface.
  static String onInterface(Node node) {
    return node.namespace().run(List.of("ip", "-o", "address", "show", node.interfaceName()));
  }

  /// Addresses stay as they are, as those of a kube-vip that was killed.
  ///
  /// @throws LabException if it could not do its work
  @Override
  public void close() throws Exception {
    boolean worked = !looks.isDone();
    clock.shutdownNow();
    if (!clock.awaitTermination(30, TimeUnit.SECONDS)) {
      throw new LabException("the stand-in of kube-vip does not end");
    }
    services.close();
    slices.close();
    if (!worked) {
      var _ = looks.get();
    }
  }

  private void look() {
    Map<String, JsonObject> there = services.objects();
    for (String name : List.copyOf(held.keySet())) {
      if (!there.containsKey(name)) {
        drop(name);
      }
    }
    there.forEach((name, service) -> {
      if (HostObjects.text(service, "spec", "type").equals("LoadBalancer")) {
        look(name, service);
      }
    });
  }

  private void look(String name, JsonObject service) {
    boolean may = order == Order.AT_ONCE || hasEndpoint(name);
    if (may && !held.containsKey(name)) {
      take(name, wanted(service));
    } else if (!may && held.containsKey(name)) {
      synchronized (givenUp) {
        givenUp.addAll(held.getOrDefault(name, List.of()));
      }
      status(name, List.of());
      drop(name);
    }
  }

  private boolean hasEndpoint(String service) {
    return slices.objects().values().stream()
        .filter(slice ->
            HostObjects.text(slice, "metadata", "labels", "kubernetes.io/service-name")
                .equals(service))
        .flatMap(slice -> HarvestersController.endpoints(slice).stream())
        .anyMatch(HarvestersController::isReady);
  }

  /// What the annotation says, or else the field.
  private List<String> wanted(JsonObject service) {
    String list = HostObjects.text(service, "metadata", "annotations", LIST);
    String all = list.isEmpty() ? HostObjects.text(service, "spec", "loadBalancerIP") : list;
    return Arrays.stream(all.split(",", -1))
        .filter(address -> !address.isEmpty())
        .map(address -> address.equals("0.0.0.0") ? lease : address)
        .toList();
  }

  private void take(String name, List<String> addresses) {
    if (addresses.isEmpty()) {
      return;
    }
    addresses.forEach(address -> configure("replace", address));
    held.put(name, addresses);
    status(name, addresses);
  }

  private void drop(String name) {
    held.getOrDefault(name, List.of()).forEach(address -> configure("delete", address));
    held.remove(name);
  }

  private void configure(String what, String address) {
    var command = new ArrayList<>(List.of("ip", "address", what));
    command.addAll(
        List.of(address + (address.contains(":") ? "/128" : "/32"), "dev", node.interfaceName()));
    if (address.contains(":") && what.equals("replace")) {
      command.add("nodad");
    }
    node.namespace().run(command);
  }

  private void status(String name, List<String> addresses) {
    var ingress = new JsonArray();
    for (String address : addresses) {
      var entry = new JsonObject();
      entry.addProperty("ip", address);
      ingress.add(entry);
    }
    try {
      var _ = api.merge(HarvestersController.SERVICES + "/" + name + "/status", nest(ingress));
    } catch (KubeApi.ApiFailure e) {
      if (e.status() != 404) {
        throw e;
      }
      // It has just gone, which the watch will say.
    }
  }

  private static JsonObject nest(JsonElement ingress) {
    var loadBalancer = new JsonObject();
    loadBalancer.add("ingress", ingress);
    var status = new JsonObject();
    status.add("loadBalancer", loadBalancer);
    var document = new JsonObject();
    document.add("status", status);
    return document;
  }
}
