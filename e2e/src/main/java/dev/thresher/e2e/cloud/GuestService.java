package dev.thresher.e2e.cloud;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// A Service of `type: LoadBalancer` in the guest, as its user sees it.
public final class GuestService {

  private final ControlPlane guest;
  private final String namespace;
  private final String name;

  private GuestService(ControlPlane guest, String namespace, String name) {
    this.guest = guest;
    this.namespace = namespace;
    this.name = name;
  }

  /// Makes a Service for pods labelled `app: NAME`, port 80.
  ///
  /// @param families `IPv4`, `IPv6`, or both in the order of preference
  public static GuestService create(
      ControlPlane guest,
      String namespace,
      String name,
      List<String> families,
      Map<String, String> annotations) {
    return create(guest, namespace, name, name, 80, families, annotations);
  }

  /// Makes a Service for pods labelled `app: APP`.
  ///
  /// @param families `IPv4`, `IPv6`, or both in the order of preference
  public static GuestService create(
      ControlPlane guest,
      String namespace,
      String name,
      String app,
      int port,
      List<String> families,
      Map<String, String> annotations) {
    return create(guest, namespace, name, app, "TCP", port, families, annotations);
  }

  /// Makes a Service for pods labelled `app: APP`.
  ///
  /// @param protocol `TCP` or `UDP`
  /// @param families `IPv4`, `IPv6`, or both in the order of preference
  public static GuestService create(
      ControlPlane guest,
      String namespace,
      String name,
      String app,
      String protocol,
      int port,
      List<String> families,
      Map<String, String> annotations) {
    guest.ensureNamespace(namespace);
    guest
        .api()
        .apply(
            """
            apiVersion: v1
            kind: Service
            metadata:
              name: %s
              namespace: %s
              annotations: {%s}
            spec:
              type: LoadBalancer
              ipFamilyPolicy: %s
              ipFamilies: [%s]
              selector:
                app: %s
              ports:
                - name: first
                  protocol: %s
                  port: %d
                  targetPort: %d
            """
                .formatted(
                    name,
                    namespace,
                    annotations.entrySet().stream()
                        .map(e -> "\"" + e.getKey() + "\": \"" + e.getValue() + "\"")
                        .collect(Collectors.joining(", ")),
                    families.size() == 1 ? "SingleStack" : "RequireDualStack",
                    String.join(", ", families),
                    app,
                    protocol,
                    port,
                    Pod.PORT));
    return new GuestService(guest, namespace, name);
  }

  public String namespace() {
    return namespace;
  }

  public String name() {
    return name;
  }

  public Optional<JsonObject> object() {
    return guest.api().find(path());
  }

  /// The addresses of the status, in its order.
  public List<String> addresses() {
    return object().map(GuestService::ingress).orElse(List.of());
  }

  /// Reasons of its conditions.
  public List<String> conditions() {
    return object()
        .map(service -> service.getAsJsonObject("status").getAsJsonArray("conditions"))
        .map(JsonArray::asList)
        .orElse(List.of())
        .stream()
        .map(condition -> condition.getAsJsonObject().get("reason").getAsString())
        .toList();
  }

  /// Takes an annotation away.
  public void removeAnnotation(String key) {
    JsonObject annotations = new JsonObject();
    annotations.add(key, JsonNull.INSTANCE);
    JsonObject meta = new JsonObject();
    meta.add("annotations", annotations);
    JsonObject patch = new JsonObject();
    patch.add("metadata", meta);
    var _ = guest.api().merge(path(), patch);
  }

  /// Deletes it; returns at once.
  public boolean delete() {
    return guest.api().delete(path());
  }

  private String path() {
    return "/api/v1/namespaces/" + namespace + "/services/" + name;
  }

  /// `status.loadBalancer.ingress[].ip` of a Service.
  public static List<String> ingress(JsonObject service) {
    JsonObject status = service.getAsJsonObject("status");
    JsonObject balancer = status == null ? null : status.getAsJsonObject("loadBalancer");
    if (balancer == null || !balancer.has("ingress")) {
      return List.of();
    }
    var all = new ArrayList<String>();
    for (JsonElement point : balancer.getAsJsonArray("ingress")) {
      if (point.getAsJsonObject().has("ip")) {
        all.add(point.getAsJsonObject().get("ip").getAsString());
      }
    }
    return all;
  }

  /// `http://ADDRESS/`, IPv6 in brackets.
  public static String url(String address) {
    return url(address, 80);
  }

  /// `http://ADDRESS:PORT/`, without the port if it is 80.
  public static String url(String address, int port) {
    return "http://"
        + (address.indexOf(':') < 0 ? address : "[" + address + "]")
        + (port == 80 ? "" : ":" + port)
        + "/";
  }
}
