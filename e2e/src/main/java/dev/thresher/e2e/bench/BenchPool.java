package dev.thresher.e2e.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.OpsPort;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Watched;
import java.time.Duration;
import java.util.Map;

/// A pool of the host, and load balancers of the namespace `default`, which are followed.
final class BenchPool implements AutoCloseable {

  private static final String GROUP = "/apis/loadbalancer.harvesterhci.io/v1beta1/";
  private static final String BALANCERS = GROUP + "namespaces/default/loadbalancers";

  private final Cloud cloud;
  private final String name;
  private final KubeApi api;
  private final Watched balancers;

  /// @param cloud prepared
  BenchPool(Cloud cloud, String name, String subnet) {
    this.cloud = cloud;
    this.name = name;
    this.api = cloud.host().api();
    api.apply(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: IPPool
        metadata: {name: %s}
        spec:
          ranges: [{subnet: %s}]
        """
            .formatted(name, subnet));
    this.balancers = api.watch(BALANCERS);
  }

  @Override
  public void close() {
    balancers.close();
  }

  /// The pool as it is now.
  JsonObject object() {
    return api.get(GROUP + "ippools/" + name);
  }

  /// The load balancers by name, as they were last heard of.
  Map<String, JsonObject> balancers() {
    return balancers.objects();
  }

  /// A load balancer as it is now.
  JsonObject balancer(String balancer) {
    return api.get(BALANCERS + "/" + balancer);
  }

  /// @param spec fields of the specification, as JSON
  void create(String balancer, String spec) {
    api.create(
        BALANCERS,
        JsonParser.parseString(
                """
                {"apiVersion": "loadbalancer.harvesterhci.io/v1beta1", "kind": "LoadBalancer",
                 "metadata": {"name": "%s"}, "spec": {%s}}
                """
                    .formatted(balancer, spec))
            .getAsJsonObject());
  }

  void delete(String balancer) {
    api.delete(BALANCERS + "/" + balancer);
  }

  /// The IPv4 address that a load balancer was given; empty if none.
  static String address(JsonObject balancer) {
    return HostObjects.text(balancer, "status", "allocatedAddress", "ip");
  }

  /// Until the controller says that it is ready.
  void awaitReady(Duration patience) {
    OpsPort port = OpsPort.loadBalancerController(cloud, "1");
    Await.until("loadbalancer-controller to be ready", patience, port::ready);
  }
}
