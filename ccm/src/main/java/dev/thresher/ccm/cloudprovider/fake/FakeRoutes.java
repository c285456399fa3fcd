package dev.thresher.ccm.cloudprovider.fake;

import dev.thresher.ccm.cloudprovider.Routes;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/// Routes in memory. Thread-safe.
public final class FakeRoutes implements Routes {

  private final List<Route> routes = new CopyOnWriteArrayList<>();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private volatile Function<String, Optional<RuntimeException>> fault = call -> Optional.empty();

  /// Makes a route appear without a call.
  public void put(Route route) {
    routes.add(route);
  }

  /// Makes all routes vanish without a call.
  public void clear() {
    routes.clear();
  }

  /// All routes, without a call.
  public List<Route> present() {
    return List.copyOf(routes);
  }

  /// Asks before each call, such as `create n1 10.42.0.0/24`, whether it shall fail.
  public void fault(Function<String, Optional<RuntimeException>> decide) {
    fault = decide;
  }

  /// The calls so far.
  public List<String> calls() {
    return List.copyOf(calls);
  }

  public void forgetCalls() {
    calls.clear();
  }

  @Override
  public List<Route> list(String cluster) {
    note("list");
    return List.copyOf(routes);
  }

  @Override
  public void create(String cluster, String nameHint, Route route) {
    note("create " + route.node() + " " + route.destination());
    routes.add(
        new Route(
            nameHint + "-" + route.destination(),
            route.node(),
            route.nodeAddresses(),
            route.destination(),
            false));
  }

  @Override
  public void delete(String cluster, Route route) {
    note("delete " + route.node() + " " + route.destination());
    routes.remove(route);
  }

  private void note(String call) {
    calls.add(call);
    fault
        .apply(call)
        .ifPresent(e -> {
          throw e;
        });
  }
}
