package dev.thresher.e2e.lab;

import com.google.gson.JsonObject;
import java.util.List;

/// Services that lead to processes of the lab instead of pods.
final class ServiceObjects {
  private ServiceObjects() {}

  static List<JsonObject> toMachine(String namespace, String service, String address, int port) {
    JsonObject object =
        Json.object(
            "apiVersion",
            "v1",
            "kind",
            "Service",
            "metadata",
            Json.object("name", service, "namespace", namespace),
            "spec",
            Json.object("ports", Json.array(Json.object("port", 443, "targetPort", port))));
    JsonObject slice =
        Json.object(
            "apiVersion",
            "discovery.k8s.io/v1",
            "kind",
            "EndpointSlice",
            "metadata",
            Json.object(
                "name",
                service + "-lab",
                "namespace",
                namespace,
                "labels",
                Json.object(
                    "kubernetes.io/service-name",
                    service,
                    "endpointslice.kubernetes.io/managed-by",
                    "lab")),
            "addressType",
            "IPv4",
            "ports",
            Json.array(Json.object("port", port, "protocol", "TCP")),
            "endpoints",
            Json.array(
                Json.object(
                    "addresses", Json.array(address),
                    "conditions", Json.object("ready", true))));
    return List.of(object, slice);
  }
}
