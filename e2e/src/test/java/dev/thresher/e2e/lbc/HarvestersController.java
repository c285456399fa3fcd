package dev.thresher.e2e.lbc;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.KubeApi;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Stands in for the controller of `harvester-load-balancer`: what its chart leaves on a host, and
/// the objects of load balancers as the Go program writes them.
///
/// It does nothing by itself. One call of [#ensureService] or [#ensureSlice] is one look of the
/// program at one load balancer, in namespace `default`.
final class HarvestersController {

  static final String SERVICES = "/api/v1/namespaces/default/services";
  static final String SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

  private static final String MACHINES =
      "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances";
  private static final String NOBODY = "10.52.0.255";
  private static final String NOBODY_UID = "dummy347-546a-4642-9da6-5608endpoint";

  private final ControlPlane host;

  HarvestersController(ControlPlane host) {
    this.host = host;
  }

  /// The chart of controller and webhook, as far as one who moves looks at it.
  void chart() {
    host.ensureNamespace("harvester-system");
    for (String name : List.of("harvester-load-balancer", "harvester-load-balancer-webhook")) {
      host.apply(
          """
          apiVersion: v1
          kind: ServiceAccount
          metadata: {name: %1$s, namespace: harvester-system}
          ---
          apiVersion: rbac.authorization.k8s.io/v1
          kind: ClusterRole
          metadata: {name: %1$s}
          rules:
            - apiGroups: [loadbalancer.harvesterhci.io]
              resources: [loadbalancers, ippools]
              verbs: [get, watch, list, update, create, delete]
          ---
          apiVersion: rbac.authorization.k8s.io/v1
          kind: ClusterRoleBinding
          metadata: {name: %1$s}
          roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %1$s}
          subjects: [{kind: ServiceAccount, name: %1$s, namespace: harvester-system}]
          ---
          apiVersion: apps/v1
          kind: Deployment
          metadata: {name: %1$s, namespace: harvester-system}
          spec:
            replicas: 1
            selector: {matchLabels: {app.kubernetes.io/name: %1$s}}
            template:
              metadata: {labels: {app.kubernetes.io/name: %1$s}}
              spec:
                containers: [{name: %1$s, image: lab.invalid/%1$s}]
          """
              .formatted(name));
    }
    host.apply(
        """
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: harvester-load-balancer, namespace: kube-system}
        spec: {holderIdentity: harvester-load-balancer-0, leaseDurationSeconds: 45, leaseTransitions: 3}
        """);
  }

  /// The pool `lan`, for everybody.
  ///
  /// @param range as YAML
  /// @param total how many addresses that has
  /// @param allocated owners by address, in the order of the addresses
  /// @param history likewise
  void pool(String range, int total, Map<String, String> allocated, Map<String, String> history) {
    host.apply(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: IPPool
        metadata:
          name: lan
          finalizers: [wrangler.cattle.io/harvester-ipam-controller]
          labels:
            loadbalancer.harvesterhci.io/vid: "0"
            loadbalancer.harvesterhci.io/global-ip-pool: "true"
        spec:
          ranges: [%s]
          selector: {scope: [{project: "*", namespace: "*", guestCluster: "*"}]}
        status:
          total: %d
          available: %d
          lastAllocated: %s
          allocated: %s
          allocatedHistory: %s
          conditions: [{type: Ready, status: "True"}]
        """
            .formatted(
                range,
                total,
                total - allocated.size(),
                List.copyOf(allocated.keySet()).getLast(),
                yaml(allocated),
                yaml(history)));
  }

  private static String yaml(Map<String, String> entries) {
    return entries.entrySet().stream()
        .map(entry -> entry.getKey() + ": " + entry.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }

  /// A load balancer, with its status.
  ///
  /// @param spec fields as YAML
  /// @param status fields as YAML, besides the conditions
  void balancer(String name, String spec, String status) {
    host.apply(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: LoadBalancer
        metadata:
          name: %s
          namespace: default
          finalizers: [wrangler.cattle.io/harvester-lb-controller]
        spec: {%s}
        status: {%s, conditions: [{type: Ready, status: "True"}]}
        """
            .formatted(name, spec, status));
  }

  /// The Service, made, or as always written whole: its ports without the node ports that the API
  /// server has given them.
  void ensureService(String name) {
    JsonObject balancer = balancer(name);
    var ports = new JsonArray();
    for (JsonObject listener : listeners(balancer)) {
      var port = new JsonObject();
      port.add("name", listener.get("name"));
      port.add("protocol", listener.get("protocol"));
      port.add("port", listener.get("port"));
      port.add("targetPort", listener.get("backendPort"));
      ports.add(port);
    }
    Optional<JsonObject> seen = host.api().find(SERVICES + "/" + name);
    JsonObject service = seen.orElseGet(() -> made("v1", "Service", balancer, ""));
    JsonObject spec =
        service.has("spec")
            ? service.getAsJsonObject("spec")
            : WebhookLab.json("{'type':'LoadBalancer'}");
    spec.addProperty(
        "loadBalancerIP",
        HostObjects.text(balancer, "spec", "ipam").equals("dhcp")
            ? "0.0.0.0"
            : HostObjects.text(balancer, "status", "allocatedAddress", "ip"));
    spec.add("ports", ports);
    service.add("spec", spec);
    write(SERVICES, name, seen.isPresent(), service);
  }

  /// The EndpointSlice: the endpoint of a machine that it knows by UID and address stays as it is,
  /// with all that somebody else wrote into it.
  void ensureSlice(String name) {
    JsonObject balancer = balancer(name);
    var ports = new JsonArray();
    for (JsonObject listener : listeners(balancer)) {
      var port = new JsonObject();
      port.add("name", listener.get("name"));
      port.add("protocol", listener.get("protocol"));
      port.add("port", listener.get("backendPort"));
      ports.add(port);
    }
    Optional<JsonObject> seen = host.api().find(SLICES + "/" + name);
    List<JsonObject> known = seen.map(HarvestersController::endpoints).orElse(List.of());
    JsonObject slice =
        seen.orElseGet(() ->
            made(
                "discovery.k8s.io/v1",
                "EndpointSlice",
                balancer,
                ", 'kubernetes.io/service-name':'" + name + "'"));
    slice.addProperty("addressType", "IPv4");
    slice.add("ports", ports);
    var endpoints = new JsonArray();
    for (JsonObject machine : machines(balancer)) {
      endpoints.add(
          known.stream()
              .filter(one -> isOf(machine, one))
              .findFirst()
              .orElseGet(() -> endpoint(address(machine), machine.getAsJsonObject("metadata"))));
    }
    if (endpoints.asList().stream().noneMatch(one -> isReady(one.getAsJsonObject()))) {
      JsonObject nobody = balancer.getAsJsonObject("metadata").deepCopy();
      nobody.addProperty("uid", NOBODY_UID);
      endpoints.add(endpoint(NOBODY, nobody));
    }
    slice.add("endpoints", endpoints);
    write(SLICES, name, seen.isPresent(), slice);
  }

  static List<JsonObject> endpoints(JsonObject slice) {
    return slice.get("endpoints") instanceof JsonArray all
        ? all.asList().stream().map(JsonElement::getAsJsonObject).toList()
        : List.of();
  }

  static boolean isReady(JsonObject endpoint) {
    return endpoint.getAsJsonObject("conditions").get("ready").getAsBoolean();
  }

  static boolean isOfNobody(JsonObject endpoint) {
    return HostObjects.text(endpoint, "targetRef", "uid").equals(NOBODY_UID);
  }

  /// The program ends at an endpoint without a reference, and gives up at one with two addresses.
  private static boolean isOf(JsonObject machine, JsonObject endpoint) {
    if (!endpoint.has("targetRef") || endpoint.getAsJsonArray("addresses").size() != 1) {
      throw new AssertionError("the Go program cannot go on with the endpoint " + endpoint);
    }
    return HostObjects.text(machine, "metadata", "uid")
            .equals(HostObjects.text(endpoint, "targetRef", "uid"))
        && endpoint.getAsJsonArray("addresses").get(0).getAsString().equals(address(machine));
  }

  private static JsonObject endpoint(String address, JsonObject target) {
    return WebhookLab.json(
        "{'addresses':['%s'],'conditions':{'ready':true},'targetRef':{'namespace':'%s','name':'%s','uid':'%s'}}"
            .formatted(
                address,
                HostObjects.text(target, "namespace"),
                HostObjects.text(target, "name"),
                HostObjects.text(target, "uid")));
  }

  /// The machines that the selector means and that have an address of IPv4.
  private List<JsonObject> machines(JsonObject balancer) {
    JsonObject spec = balancer.getAsJsonObject("spec");
    JsonObject selector =
        spec.has("backendServerSelector")
            ? spec.getAsJsonObject("backendServerSelector")
            : new JsonObject();
    return host.api().list(MACHINES).stream()
        .filter(machine ->
            selector.entrySet().stream()
                .allMatch(entry ->
                    entry.getValue().getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsString)
                        .anyMatch(
                            HostObjects.text(machine, "metadata", "labels", entry.getKey())
                                ::equals)))
        .filter(machine -> !address(machine).isEmpty())
        .toList();
  }

  /// Its first address of IPv4, on whatever card; empty if it has none.
  private static String address(JsonObject machine) {
    var all = new ArrayList<String>();
    for (JsonElement card : machine.getAsJsonObject("status").getAsJsonArray("interfaces")) {
      card.getAsJsonObject()
          .getAsJsonArray("ipAddresses")
          .forEach(address -> all.add(address.getAsString()));
    }
    return all.stream().filter(address -> !address.contains(":")).findFirst().orElse("");
  }

  private JsonObject balancer(String name) {
    return host.api().get(new Balancer(host, name).path());
  }

  private static List<JsonObject> listeners(JsonObject balancer) {
    return balancer.getAsJsonObject("spec").getAsJsonArray("listeners").asList().stream()
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  private static JsonObject made(
      String apiVersion, String kind, JsonObject balancer, String moreLabels) {
    return WebhookLab.json(
        """
        {'apiVersion': '%s', 'kind': '%s', 'metadata': {'name': '%s', 'namespace': 'default',
         'labels': {'loadbalancer.harvesterhci.io/servicelb': 'true'%s},
         'ownerReferences': [{'apiVersion': 'loadbalancer.harvesterhci.io/v1beta1',
           'kind': 'LoadBalancer', 'name': '%s', 'uid': '%s'}]}}
        """
            .formatted(
                apiVersion,
                kind,
                HostObjects.name(balancer),
                moreLabels,
                HostObjects.name(balancer),
                HostObjects.text(balancer, "metadata", "uid")));
  }

  private void write(String collection, String name, boolean there, JsonObject object) {
    KubeApi api = host.api();
    var _ = there ? api.replace(collection + "/" + name, object) : api.create(collection, object);
  }
}
