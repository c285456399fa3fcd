package dev.thresher.e2e.ccm;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Vm;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/// Objects of both clusters as harvester-cloud-provider (v0.2.8 with its chart 0.2.15), the
/// loadbalancer controller of Harvester and kube-vip leave them, field for field.
final class GoObjects {

  static final String BALANCERS =
      "/apis/loadbalancer.harvesterhci.io/v1beta1/namespaces/default/loadbalancers";
  static final String SERVICES = "/api/v1/namespaces/default/services";
  static final String MAPPING = "/api/v1/namespaces/kube-system/configmaps/harvester-nad-mapping";
  static final String LEASE =
      "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/cloud-controller-manager";

  private final KubeApi guest;
  private final KubeApi host;
  private final String cluster;

  GoObjects(ControlPlane guest, ControlPlane host, String cluster) {
    this.guest = guest.api();
    this.host = host.api();
    this.cluster = cluster;
  }

  /// A Service and its object.
  ///
  /// @param annotations that the user wrote
  /// @param address the one in its status
  /// @param reserved what the host reserved: the same, or `0.0.0.0` for DHCP
  /// @param recordsNetwork false for objects of before v0.2.7
  void service(
      String name,
      Map<String, String> annotations,
      String address,
      String reserved,
      boolean recordsNetwork) {
    var all = new TreeMap<>(annotations);
    all.put("kube-vip.io/loadbalancerIPs", reserved);
    all.put("kube-vip.io/vipHost", cluster + "-vm1");
    String network = annotations.getOrDefault("cloudprovider.harvesterhci.io/network", "");
    if (!network.isEmpty()) {
      all.put("kube-vip.io/serviceInterface", "eth0");
    }
    JsonObject made = create(name, all, Map.of(), 80, address);
    String uid = HostObjects.text(made, "metadata", "uid");
    String ipam = annotations.getOrDefault("cloudprovider.harvesterhci.io/ipam", "pool");
    host.create(
        BALANCERS,
        json(
            """
            {"apiVersion": "loadbalancer.harvesterhci.io/v1beta1", "kind": "LoadBalancer",
             "metadata": {"name": "%s", "namespace": "default",
               "finalizers": ["wrangler.cattle.io/harvester-lb-controller"],
               "labels": {"cloudprovider.harvesterhci.io/cluster": "%s",
                 "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                 "cloudprovider.harvesterhci.io/serviceName": "%s"},
               "annotations": {"loadbalancer.harvesterhci.io/cluster": "%s",
                 "loadbalancer.harvesterhci.io/namespace": "default",
                 "loadbalancer.harvesterhci.io/network": "%s",
                 "loadbalancer.harvesterhci.io/project": "local/p-abcde"%s}},
             "spec": {"ipam": "%s", "workloadType": "cluster"},
             "status": {"address": "%s", "allocatedAddress": %s,
               "conditions": [{"type": "Ready", "status": "True",
                 "lastUpdateTime": "2026-08-01T10:00:00Z"}]}}
            """
                .formatted(
                    balancerName(name, uid),
                    cluster,
                    name,
                    cluster,
                    network,
                    recordsNetwork
                        ? ", \"cloudprovider.harvesterhci.io/lb-network\": \"" + network + "\""
                        : "",
                    ipam,
                    address,
                    reserved.equals("0.0.0.0") ? "{\"ip\": \"0.0.0.0\"}" : allocation(reserved))));
  }

  /// A Service that shares the address of another and has no object.
  void secondary(String name, String primary, int port, String address) {
    create(
        name,
        Map.of(
            "cloudprovider.harvesterhci.io/primary-service",
            "default/" + primary,
            "kube-vip.io/loadbalancerIPs",
            address,
            "kube-vip.io/vipHost",
            cluster + "-vm1"),
        Map.of("cloudprovider.harvesterhci.io/primary-service", "default." + primary),
        port,
        address);
  }

  /// A node that is initialised.
  void node(Vm vm) {
    guest.merge(
        "/api/v1/nodes/" + vm.name(),
        json(
            """
            {"metadata": {"labels": {
               "topology.kubernetes.io/zone": "zone-1", "topology.kubernetes.io/region": "lab",
               "failure-domain.beta.kubernetes.io/zone": "zone-1",
               "failure-domain.beta.kubernetes.io/region": "lab"}},
             "spec": {"providerID": "harvester://%s"}}
            """
                .formatted(vm.uid())));
  }

  /// ConfigMap, Deployment, ServiceAccount, rights and the lease of a leader that was killed.
  void program() {
    guest.create(
        "/api/v1/namespaces/kube-system/configmaps",
        json(
            """
            {"apiVersion": "v1", "kind": "ConfigMap",
             "metadata": {"name": "harvester-nad-mapping", "namespace": "kube-system"},
             "data": {"interface-nad-mapping": "{\\"default/lan\\":\\"eth0\\"}"}}
            """));
    guest.create(
        "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
        json(
            """
            {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
             "metadata": {"name": "cloud-controller-manager", "namespace": "kube-system"},
             "spec": {"holderIdentity": "%s-vm1_8d3d4c0e-6f0a-4c0e-9d8e-0f6c2b1f7a10",
               "leaseDurationSeconds": 15, "leaseTransitions": 3,
               "acquireTime": "2026-08-01T10:00:00.000000Z",
               "renewTime": "2026-08-02T10:00:00.000000Z"}}
            """
                .formatted(cluster)));
    guest.apply(GoChart.role("harvester-cloud-provider"));
    guest.apply(GoChart.binding("harvester-cloud-provider"));
    guest.apply(
        """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: harvester-cloud-provider, namespace: kube-system}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: harvester-cloud-provider, namespace: kube-system}
        spec:
          replicas: 1
          selector:
            matchLabels:
              app.kubernetes.io/instance: harvester-cloud-provider
              app.kubernetes.io/name: harvester-cloud-provider
          template:
            metadata:
              labels:
                app.kubernetes.io/instance: harvester-cloud-provider
                app.kubernetes.io/name: harvester-cloud-provider
            spec:
              serviceAccountName: harvester-cloud-provider
              hostNetwork: true
              containers:
                - name: harvester-cloud-provider
                  image: rancher/harvester-cloud-provider:v0.2.8
                  command: [harvester-cloud-provider]
                  args:
                    - --cloud-config=/etc/kubernetes/cloud-config
                    - --cluster-name=%s
                    - --v=2
        """
            .formatted(cluster));
  }

  /// What Harvester's controller does for objects that wait: reserves an address.
  void reserve(List<String> free) {
    for (JsonObject balancer : host.list(BALANCERS)) {
      if (!HostObjects.text(balancer, "status", "allocatedAddress", "ip").isEmpty()) {
        continue;
      }
      List<String> taken =
          host.list(BALANCERS).stream()
              .map(b -> HostObjects.text(b, "status", "allocatedAddress", "ip"))
              .toList();
      String next = free.stream().filter(ip -> !taken.contains(ip)).findFirst().orElseThrow();
      host.merge(
          BALANCERS + "/" + HostObjects.name(balancer),
          json(
              """
              {"status": {"allocatedAddress": %s,
                "conditions": [{"type": "Ready", "status": "True",
                  "lastUpdateTime": "2026-08-01T10:00:00Z"}]}}
              """
                  .formatted(allocation(next))));
    }
  }

  private JsonObject create(
      String name,
      Map<String, String> annotations,
      Map<String, String> labels,
      int port,
      String address) {
    JsonObject service =
        json(
            """
            {"apiVersion": "v1", "kind": "Service",
             "metadata": {"name": "%s", "finalizers": ["service.kubernetes.io/load-balancer-cleanup"],
               "annotations": {}, "labels": {}},
             "spec": {"type": "LoadBalancer", "selector": {"app": "web"},
               "ports": [{"name": "http", "port": %d, "targetPort": 8080}]}}
            """
                .formatted(name, port));
    JsonObject meta = service.getAsJsonObject("metadata");
    annotations.forEach(meta.getAsJsonObject("annotations")::addProperty);
    labels.forEach(meta.getAsJsonObject("labels")::addProperty);
    JsonObject made = guest.create(SERVICES, service);
    guest.merge(
        SERVICES + "/" + name + "/status",
        json(
            """
            {"status": {"loadBalancer": {"ingress": [{"ip": "%s", "ipMode": "VIP"}]}}}
            """
                .formatted(address)));
    return made;
  }

  private static String allocation(String ip) {
    return """
    {"ip": "%s", "ipPool": "pool-1", "mask": "255.255.248.0", "gateway": "192.0.2.254"}\
    """
        .formatted(ip);
  }

  /// The name that harvester-cloud-provider gives, computed apart from the program's own.
  String balancerName(String service, String uid) {
    String base = cluster + "-default-" + service + "-";
    var crc = new CRC32();
    crc.update((base + uid).getBytes(StandardCharsets.UTF_8));
    return base.substring(0, Math.min(55, base.length())) + "%08x".formatted(crc.getValue());
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }
}
