package dev.thresher.e2e.lbc;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.ControlPlane;
import java.util.List;

/// A load balancer on the host, in namespace `default`, as its status has it.
record Balancer(ControlPlane host, String name) {

  String path() {
    return "/apis/loadbalancer.harvesterhci.io/v1beta1/namespaces/default/loadbalancers/" + name;
  }

  /// Empty while there is none.
  JsonObject status() {
    JsonObject status = host.api().get(path()).getAsJsonObject("status");
    return status == null ? new JsonObject() : status;
  }

  /// Empty while it has none.
  String address() {
    return HostObjects.text(status(), "address");
  }

  List<String> addresses() {
    return array("addresses").asList().stream().map(JsonElement::getAsString).toList();
  }

  List<JsonObject> backends() {
    return array("backends").asList().stream().map(JsonElement::getAsJsonObject).toList();
  }

  /// `STATUS REASON` of a condition, empty if there is none.
  String condition(String type) {
    return array("conditions").asList().stream()
        .map(JsonElement::getAsJsonObject)
        .filter(one -> HostObjects.text(one, "type").equals(type))
        .map(one -> HostObjects.text(one, "status") + " " + HostObjects.text(one, "reason"))
        .findFirst()
        .orElse("");
  }

  private JsonArray array(String field) {
    JsonObject status = status();
    return status.has(field) ? status.getAsJsonArray(field) : new JsonArray();
  }
}
