package dev.thresher.ccm.controllers.route;

import dev.thresher.ccm.cloudprovider.MachineAddress;
import dev.thresher.ccm.cloudprovider.Routes;
import dev.thresher.ccm.cloudprovider.Routes.Route;
import dev.thresher.ccm.controllers.route.RoutePlan.Target;
import dev.thresher.runtime.client.KubeApiException;
import dev.thresher.runtime.events.EventRecorder;
import dev.thresher.runtime.informer.Informer;
import dev.thresher.runtime.reconcile.Reconciler;
import dev.thresher.runtime.reconcile.Result;
import dev.thresher.runtime.time.Timeline;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeSpec;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings the cloud's routes in line with all Nodes. A change that fails is tried again with a
/// growing pause, unlike upstream, which forgets it until the next period.
final class RouteReconciler implements Reconciler<String> {

  /// The one key: the routes of all nodes together.
  static final String ROUTES = "routes";

  /// Calls in flight to the cloud, as upstream.
  private static final int IN_FLIGHT = 200;

  private static final Logger log = LoggerFactory.getLogger(RouteReconciler.class);

  private final String cluster;
  private final Routes routes;
  private final Informer<V1Node> nodes;
  private final ClusterRanges ranges;
  private final NetworkCondition condition;
  private final EventRecorder events;
  private final Counter syncs;
  private final Timeline timeline;

  RouteReconciler(
      String cluster,
      Routes routes,
      Informer<V1Node> nodes,
      ClusterRanges ranges,
      NetworkCondition condition,
      EventRecorder events,
      Counter syncs,
      Timeline timeline) {
    this.cluster = cluster;
    this.routes = routes;
    this.nodes = nodes;
    this.ranges = ranges;
    this.condition = condition;
    this.events = events;
    this.syncs = syncs;
    this.timeline = timeline;
  }

  @Override
  public Result reconcile(String key) {
    syncs.inc();
    List<Route> listed = routes.list(cluster);
    List<V1Node> all = nodes.list();
    RoutePlan plan =
        RoutePlan.of(listed, all.stream().map(RouteReconciler::target).toList(), ranges);
    Map<String, V1Node> byName = new HashMap<>();
    all.forEach(node -> byName.put(name(node), node));

    int failed;
    Map<String, Integer> made = new HashMap<>();
    try (ExecutorService pool =
        Executors.newFixedThreadPool(IN_FLIGHT, Thread.ofVirtual().name("route-", 0).factory())) {
      List<Future<Boolean>> deletes = new ArrayList<>();
      plan.delete().forEach(route -> deletes.add(pool.submit(() -> delete(route))));
      failed = plan.deleteFirst() ? failures(deletes) : 0;
      Map<Route, Future<Boolean>> creates = new HashMap<>();
      plan.create()
          .forEach((node, wanted) ->
              wanted.forEach(route ->
                  creates.put(
                      route,
                      pool.submit(() -> create(Objects.requireNonNull(byName.get(node)), route)))));
      for (Map.Entry<Route, Future<Boolean>> create : creates.entrySet()) {
        if (succeeded(create.getValue())) {
          made.merge(create.getKey().node(), 1, Integer::sum);
        } else {
          failed++;
        }
      }
      if (!plan.deleteFirst()) {
        failed += failures(deletes);
      }
    }
    failed += conditions(all, plan, made);
    return failed == 0
        ? Result.done()
        : Result.failed(failed + " changes of routes or conditions failed");
  }

  private int conditions(List<V1Node> all, RoutePlan plan, Map<String, Integer> made) {
    int failed = 0;
    for (V1Node node : all) {
      String name = name(node);
      int wanted = target(node).podCidrs().size();
      if (wanted == 0 && !plan.leftOver().contains(name)) {
        continue;
      }
      int present = plan.kept().getOrDefault(name, 0) + made.getOrDefault(name, 0);
      if (!writeCondition(node, wanted > 0 && present == wanted)) {
        failed++;
      }
    }
    return failed;
  }

  private boolean writeCondition(V1Node node, boolean available) {
    try {
      if (condition.write(node, available, timeline.now())) {
        log.atInfo()
            .addKeyValue("node", name(node))
            .addKeyValue("networkUnavailable", !available)
            .log("condition of node written");
      }
      return true;
    } catch (KubeApiException e) {
      log.atWarn()
          .addKeyValue("node", name(node))
          .addKeyValue("error", e.getMessage())
          .log("condition NetworkUnavailable not written");
      return false;
    }
  }

  private boolean delete(Route route) {
    try {
      routes.delete(cluster, route);
    } catch (RuntimeException e) {
      log.atError()
          .addKeyValue("route", route)
          .addKeyValue("error", e.getMessage())
          .log("route not deleted");
      return false;
    }
    log.atInfo().addKeyValue("route", route).log("route deleted");
    return true;
  }

  private boolean create(V1Node node, Route route) {
    try {
      routes.create(cluster, Objects.requireNonNullElse(node.getMetadata().getUid(), ""), route);
    } catch (RuntimeException e) {
      events.warning(
          node,
          "FailedToCreateRoute",
          "Could not create route to "
              + route.destination()
              + " for node "
              + route.node()
              + ": "
              + e.getMessage());
      log.atError()
          .addKeyValue("route", route)
          .addKeyValue("error", e.getMessage())
          .log("route not created");
      return false;
    }
    log.atInfo().addKeyValue("route", route).log("route created");
    return true;
  }

  private static int failures(List<Future<Boolean>> calls) {
    int failed = 0;
    for (Future<Boolean> call : calls) {
      if (!succeeded(call)) {
        failed++;
      }
    }
    return failed;
  }

  private static boolean succeeded(Future<Boolean> call) {
    try {
      return call.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while routes were changed", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("changing a route failed", e);
    }
  }

  static Target target(V1Node node) {
    V1NodeSpec spec = node.getSpec();
    var status = node.getStatus();
    return new Target(
        name(node),
        Objects.requireNonNullElse(node.getMetadata().getUid(), ""),
        podCidrs(spec),
        addresses(status == null ? null : status.getAddresses()));
  }

  private static List<String> podCidrs(@Nullable V1NodeSpec spec) {
    if (spec == null) {
      return List.of();
    }
    List<String> all = spec.getPodCIDRs();
    String one = spec.getPodCIDR();
    return all != null && !all.isEmpty() ? all : one == null ? List.of() : List.of(one);
  }

  private static List<MachineAddress> addresses(@Nullable List<V1NodeAddress> addresses) {
    if (addresses == null) {
      return List.of();
    }
    return addresses.stream()
        .flatMap(address ->
            type(address.getType())
                .map(type -> new MachineAddress(type, String.valueOf(address.getAddress())))
                .stream())
        .toList();
  }

  private static Optional<MachineAddress.Type> type(String text) {
    return Arrays.stream(MachineAddress.Type.values())
        .filter(type -> type.text().equals(text))
        .findFirst();
  }

  private static String name(V1Node node) {
    return Objects.requireNonNull(node.getMetadata().getName());
  }
}
