package dev.thresher.e2e.cloud;

import com.google.gson.JsonObject;
import dev.thresher.e2e.lab.ControlPlane;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What the programs made on the host, for looking at.
public final class HostObjects {

  private static final String BALANCERS =
      "/apis/loadbalancer.harvesterhci.io/v1beta1/loadbalancers";
  private static final String POOLS = "/apis/loadbalancer.harvesterhci.io/v1beta1/ippools";
  private static final String CLAIMS = "/apis/net.thresher.dev/v1alpha1/addressclaims";

  private final ControlPlane host;

  public HostObjects(ControlPlane host) {
    this.host = host;
  }

  public List<JsonObject> loadBalancers() {
    return host.api().list(BALANCERS);
  }

  public List<JsonObject> claims() {
    return host.api().list(CLAIMS);
  }

  /// The `LoadBalancer` of a guest Service.
  public Optional<JsonObject> loadBalancer(GuestService service) {
    return host
        .api()
        .list(
            BALANCERS
                + "?labelSelector=cloudprovider.harvesterhci.io/serviceName="
                + service.name()
                + ",cloudprovider.harvesterhci.io/serviceNamespace="
                + service.namespace())
        .stream()
        .findFirst();
  }

  /// Services that loadbalancer-controller made.
  public List<JsonObject> services() {
    return host.api()
        .list("/api/v1/services?labelSelector=loadbalancer.harvesterhci.io/servicelb=true");
  }

  /// EndpointSlices of the Services that loadbalancer-controller made.
  public List<JsonObject> slices() {
    return host.api().list("/apis/discovery.k8s.io/v1/endpointslices").stream()
        .filter(slice ->
            text(slice, "metadata", "labels", "endpointslice.kubernetes.io/managed-by")
                .contains("loadbalancer"))
        .toList();
  }

  /// Addresses that the pools' status lists as given.
  public List<String> allocated() {
    var all = new ArrayList<String>();
    for (JsonObject pool : host.api().list(POOLS)) {
      JsonObject status = pool.getAsJsonObject("status");
      if (status != null && status.has("allocated")) {
        all.addAll(status.getAsJsonObject("allocated").keySet());
      }
    }
    return all;
  }

  /// What is left of all Services, one line each; empty once everything is gone.
  public List<String> leftovers() {
    var left = new ArrayList<String>();
    loadBalancers().forEach(o -> left.add("LoadBalancer " + name(o)));
    claims().forEach(o -> left.add("AddressClaim " + name(o)));
    services().forEach(o -> left.add("Service " + name(o)));
    slices().forEach(o -> left.add("EndpointSlice " + name(o)));
    allocated().forEach(a -> left.add("IPPool status lists " + a));
    return left;
  }

  public static String name(JsonObject object) {
    return text(object, "metadata", "name");
  }

  /// A text at a path of fields, "" if there is none.
  public static String text(JsonObject object, String... path) {
    JsonObject at = object;
    for (int i = 0; i < path.length - 1; i++) {
      if (!at.has(path[i])) {
        return "";
      }
      at = at.getAsJsonObject(path[i]);
    }
    String last = path[path.length - 1];
    return at.has(last) ? at.get(last).getAsString() : "";
  }
}
