package dev.thresher.ccm.cloudprovider.measured;

import dev.thresher.ccm.cloudprovider.Routes;
import java.util.List;

/// Routes, measured.
record MeasuredRoutes(Routes routes, CallTimes times) implements Routes {

  @Override
  public List<Route> list(String cluster) {
    return times.measure("route_list", () -> routes.list(cluster), _ -> "done");
  }

  @Override
  public void create(String cluster, String nameHint, Route route) {
    var _ =
        times.measure(
            "route_create",
            () -> {
              routes.create(cluster, nameHint, route);
              return route;
            },
            _ -> "done");
  }

  @Override
  public void delete(String cluster, Route route) {
    var _ =
        times.measure(
            "route_delete",
            () -> {
              routes.delete(cluster, route);
              return route;
            },
            _ -> "done");
  }
}
