package dev.thresher.ccm.drivers;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.runtime.fake.FakeStore;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// What a driver made on the host for the one Service there is.
final class HostView {

  private final Driver driver;
  private final FakeStore store;

  HostView(Driver driver, FakeStore store) {
    this.driver = driver;
    this.store = store;
  }

  /// Everything that was made on the host, in a word each.
  List<String> made() {
    return Stream.of(LoadBalancerTypes.LOAD_BALANCER, CoreTypes.SERVICE, CoreTypes.ENDPOINT_SLICE)
        .flatMap(type -> store.list(type).stream().map(object -> type.kind()))
        .toList();
  }

  /// `name port/protocol>nodePort` of each port that the host is to forward.
  List<String> ports() {
    boolean listeners = driver == Driver.LOAD_BALANCER;
    String nodePort = listeners ? "backendPort" : "targetPort";
    return balancer()
        .getAsJsonObject("spec")
        .getAsJsonArray(listeners ? "listeners" : "ports")
        .asList()
        .stream()
        .map(JsonElement::getAsJsonObject)
        .map(port ->
            "%s %s/%s>%s"
                .formatted(
                    port.get("name").getAsString(),
                    port.get("port").getAsString(),
                    port.get("protocol").getAsString(),
                    port.get(nodePort).getAsString()))
        .toList();
  }

  /// The addresses that the host is to forward to.
  List<String> backEnds() {
    return switch (driver) {
      case LOAD_BALANCER -> list("thresher.dev/backend-addresses");
      case SERVICE ->
          store.list(CoreTypes.ENDPOINT_SLICE).stream()
              .flatMap(slice -> slice.getEndpoints().stream())
              .filter(endpoint -> Boolean.TRUE.equals(endpoint.getConditions().getReady()))
              .flatMap(endpoint -> endpoint.getAddresses().stream())
              .sorted()
              .toList();
    };
  }

  /// Who may come, as the host is told.
  List<String> sourceRanges() {
    return switch (driver) {
      case LOAD_BALANCER -> list("thresher.dev/source-ranges");
      case SERVICE -> {
        JsonElement ranges = balancer().getAsJsonObject("spec").get("loadBalancerSourceRanges");
        yield ranges == null
            ? List.of()
            : ranges.getAsJsonArray().asList().stream().map(JsonElement::getAsString).toList();
      }
    };
  }

  private List<String> list(String annotation) {
    JsonElement value =
        balancer().getAsJsonObject("metadata").getAsJsonObject("annotations").get(annotation);
    return value == null ? List.of() : List.of(value.getAsString().split(",", -1));
  }

  /// The host gives and answers these addresses; none takes them back.
  void answer(String... addresses) {
    changeBalancer(balancer -> {
      switch (driver) {
        case LOAD_BALANCER -> {
          JsonArray all = new JsonArray();
          List.of(addresses).forEach(all::add);
          JsonObject status =
              balancer.has("status") ? balancer.getAsJsonObject("status") : new JsonObject();
          if (addresses.length > 0) {
            JsonObject allocated = new JsonObject();
            allocated.addProperty("ip", addresses[0]);
            if (addresses.length > 1) {
              allocated.addProperty("ipv6IP", addresses[1]);
            }
            status.add("allocatedAddress", allocated);
          }
          status.addProperty("address", addresses.length == 0 ? "" : addresses[0]);
          status.add("addresses", all);
          balancer.add("status", status);
        }
        case SERVICE -> {
          JsonArray points = new JsonArray();
          for (String address : addresses) {
            JsonObject point = new JsonObject();
            point.addProperty("ip", address);
            points.add(point);
          }
          JsonObject loadBalancer = new JsonObject();
          loadBalancer.add("ingress", points);
          JsonObject status = new JsonObject();
          status.add("loadBalancer", loadBalancer);
          balancer.add("status", status);
        }
      }
    });
  }

  private void changeBalancer(Consumer<JsonObject> change) {
    JsonObject balancer = balancer();
    change.accept(balancer);
    switch (driver) {
      case LOAD_BALANCER -> store.put(LoadBalancerTypes.LOAD_BALANCER, balancer);
      case SERVICE -> store.put(CoreTypes.SERVICE, balancer);
    }
  }

  private JsonObject balancer() {
    return switch (driver) {
      case LOAD_BALANCER ->
          store
              .getJson(
                  LoadBalancerTypes.LOAD_BALANCER,
                  ObjectKey.of(store.list(LoadBalancerTypes.LOAD_BALANCER).getFirst()))
              .orElseThrow();
      case SERVICE ->
          store
              .getJson(CoreTypes.SERVICE, ObjectKey.of(store.list(CoreTypes.SERVICE).getFirst()))
              .orElseThrow();
    };
  }
}
