package dev.thresher.vip.services;

import com.google.common.net.InetAddresses;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.vip.election.Prefix;
import dev.thresher.vip.linux.InterfaceAddress;
import dev.thresher.vip.linux.Link;
import dev.thresher.vip.linux.LinuxNetwork;
import dev.thresher.vip.packet.MacAddress;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointConditions;
import io.kubernetes.client.openapi.models.V1EndpointSlice;
import io.kubernetes.client.openapi.models.V1LoadBalancerIngress;
import io.kubernetes.client.openapi.models.V1LoadBalancerStatus;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeAddress;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import io.kubernetes.client.openapi.models.V1ServiceStatus;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Objects of a small cluster, for tests.
final class Objects {

  private Objects() {}

  static InetAddress ip(String text) {
    return InetAddresses.forString(text);
  }

  static V1Service service(String name, @Nullable String addresses) {
    Map<String, String> annotations = new HashMap<>();
    if (addresses != null) {
      annotations.put(KubeVipNames.LOAD_BALANCER_IPS, addresses);
    }
    return new V1Service()
        .apiVersion("v1")
        .kind("Service")
        .metadata(new V1ObjectMeta().namespace("default").name(name).annotations(annotations))
        .spec(
            new V1ServiceSpec()
                .type("LoadBalancer")
                .ports(List.of(new V1ServicePort().port(80).protocol("TCP"))));
  }

  static V1Service withStatus(V1Service service, String... addresses) {
    List<V1LoadBalancerIngress> ingress = new ArrayList<>();
    for (String address : addresses) {
      ingress.add(new V1LoadBalancerIngress().ip(address).ipMode("VIP"));
    }
    return service.status(
        new V1ServiceStatus().loadBalancer(new V1LoadBalancerStatus().ingress(ingress)));
  }

  static V1EndpointSlice slice(String service, String... nodes) {
    List<V1Endpoint> endpoints = new ArrayList<>();
    for (String node : nodes) {
      endpoints.add(
          new V1Endpoint()
              .addresses(List.of("10.244.0.9"))
              .nodeName(node)
              .conditions(new V1EndpointConditions().ready(true).serving(true)));
    }
    return new V1EndpointSlice()
        .apiVersion("discovery.k8s.io/v1")
        .kind("EndpointSlice")
        .addressType("IPv4")
        .metadata(
            new V1ObjectMeta()
                .namespace("default")
                .name(service + "-x")
                .labels(Map.of("kubernetes.io/service-name", service)))
        .endpoints(endpoints);
  }

  static V1Node node(String name, String... addresses) {
    List<V1NodeAddress> list = new ArrayList<>();
    for (String address : addresses) {
      list.add(new V1NodeAddress().type("InternalIP").address(address));
    }
    return new V1Node()
        .apiVersion("v1")
        .kind("Node")
        .metadata(new V1ObjectMeta().name(name))
        .status(new V1NodeStatus().addresses(list));
  }

  /// Two NICs with an address each, `eth0` and `eth1`.
  static LinuxNetwork twoNetworks(String first, String second) {
    LinuxNetwork one = network(true, first);
    Prefix own = Prefix.parse(second);
    var mac = MacAddress.parse("02:00:00:00:00:02");
    return new LinuxNetwork(
        List.of(one.links().getFirst(), new Link(3, "eth1", mac, true, true, true, 1500, 0, "")),
        List.of(
            one.addresses().getFirst(), new InterfaceAddress(3, own.address(), own.length(), 0)),
        List.of());
  }

  /// One NIC `eth0` with these addresses.
  static LinuxNetwork network(boolean carrier, String... prefixes) {
    List<InterfaceAddress> addresses = new ArrayList<>();
    for (String text : prefixes) {
      Prefix prefix = Prefix.parse(text);
      addresses.add(new InterfaceAddress(2, prefix.address(), prefix.length(), 0));
    }
    return new LinuxNetwork(
        List.of(
            new Link(
                2,
                "eth0",
                MacAddress.parse("02:00:00:00:00:01"),
                true,
                true,
                carrier,
                1500,
                0,
                "")),
        addresses,
        List.of());
  }
}
