package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.ccm.harvester.networks.NodeNetworks.Cards;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// What is chosen when the object on the host is made, and what stays as it is from then on.
class KeptObjectTest extends OneService {

  @Test
  void adoptsAnObjectOfHarvesterWithoutRecordedNetwork() {
    V1Service service = put(annotated("cloudprovider.harvesterhci.io/network", "default/vlan1"));
    String name = LoadBalancerName.of("gc1", "default", "web", service.getMetadata().getUid());
    hostStore.put(
        LoadBalancerTypes.LOAD_BALANCER,
        JsonParser.parseString(
                """
                {"metadata": {"name": "%s", "namespace": "vms", "uid": "old",
                  "labels": {
                    "cloudprovider.harvesterhci.io/cluster": "gc1",
                    "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                    "cloudprovider.harvesterhci.io/serviceName": "web"},
                  "annotations": {"loadbalancer.harvesterhci.io/network": "mgmt/net"}},
                 "spec": {"ipam": "pool", "workloadType": "cluster", "future": 1},
                 "status": {"address": "192.0.2.1", "allocatedAddress": {"ip": "192.0.2.1"}}}
                """
                    .formatted(name))
            .getAsJsonObject());
    reconcile();
    assertThat(balancers()).containsExactly(ObjectKey.of("vms", name));
    JsonObject annotations = balancer().getAsJsonObject("metadata").getAsJsonObject("annotations");
    assertThat(annotations.get("cloudprovider.harvesterhci.io/lb-network").getAsString())
        .isEqualTo("default/vlan1");
    assertThat(balancer().getAsJsonObject("metadata").get("uid").getAsString()).isEqualTo("old");
    assertThat(balancer().getAsJsonObject("spec").get("future").getAsInt()).isEqualTo(1);
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
  }

  @Test
  void keepsNetworkPlacementAndIpamOnceMade() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    reconcile();
    for (String[] change :
        new String[][] {
          {"cloudprovider.harvesterhci.io/ipam", "dhcp"},
          {"cloudprovider.harvesterhci.io/network", "default/vlan1"},
          {"thresher.dev/placement", "host"}
        }) {
      events.clear();
      V1Service service = service();
      service.getMetadata().setAnnotations(new HashMap<>(Map.of(change[0], change[1])));
      guestStore.put(CoreTypes.SERVICE, service);
      JsonObject before = balancer().getAsJsonObject("spec");
      reconcile();
      assertThat(balancer().getAsJsonObject("spec")).isEqualTo(before);
      assertThat(events).containsExactly("FrozenAfterCreation");
      assertThat(messages.getLast()).contains(change[0], change[1]);
      assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    }
  }

  @Test
  void aFlagMovesNoServiceThatHasAnAddress() {
    put(s -> {});
    reconcile();
    allocate("192.0.2.1");
    placement = Placement.HOST;
    restart();
    reconcile();
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(annotation("kube-vip.io/ignore")).isEmpty();
    assertThat(events).doesNotContain("FrozenAfterCreation");
  }

  @Test
  void namesTheCardWithTheAddressAndFollowsIt() {
    Map<String, Cards> known = new HashMap<>();
    List<Runnable> listeners = new ArrayList<>();
    networks =
        new NodeNetworks() {
          @Override
          public Cards on(String network) {
            return known.getOrDefault(network, new Cards.Absent(List.of("default/mgmt")));
          }

          @Override
          public Set<String> addressesOn(String network) {
            return Set.of("172.16.0.1");
          }

          @Override
          public void onChange(Runnable listener) {
            listeners.add(listener);
          }
        };
    restart();
    put(annotated("cloudprovider.harvesterhci.io/network", "default/vlan1"));
    reconcile();
    assertThat(balancers()).isEmpty();
    assertThat(events).endsWith("NetworkUnknown");
    assertThat(messages.getLast()).contains("default/vlan1", "default/mgmt");

    known.put("default/vlan1", new Cards.Same("enp2s0"));
    woken.clear();
    listeners.forEach(Runnable::run);
    assertThat(woken).containsExactly(WEB);
    reconcile();
    allocate("192.0.2.1");
    guest.forgetCalls();
    reconcile();
    assertThat(annotation("kube-vip.io/serviceInterface")).isEqualTo("enp2s0");
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(texts(guest.writes())).containsOnlyOnce("patch services default/web");

    // A machine that lacks the card takes nothing away from a Service that works.
    known.put(
        "default/vlan1",
        new Cards.Different(new TreeMap<>(Map.of("n1", "enp2s0", "n2", "eth1")), List.of("n3")));
    reconcile();
    assertThat(annotation("kube-vip.io/serviceInterface")).isEqualTo("enp2s0");
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(events).endsWith("NetworkNotOnAllNodes");
    assertThat(messages.getLast()).contains("n3", "eth1");
    known.clear();
    reconcile();
    assertThat(annotation("kube-vip.io/serviceInterface")).isEqualTo("enp2s0");
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
  }

  @Test
  void leavesACardThatSomebodyNamed() {
    put(annotated("kube-vip.io/serviceInterface", "eth7"));
    reconcile();
    allocate("192.0.2.1");
    reconcile();
    assertThat(annotation("kube-vip.io/serviceInterface")).isEqualTo("eth7");
  }

  @Test
  void asksForAPoolAndKeepsItOnceThereIsAnAddress() {
    put(annotated("thresher.dev/pool", "wrong"));
    reconcile();
    put(annotated("thresher.dev/pool", "right,right6"));
    JsonObject spec = balancer().getAsJsonObject("spec");
    assertThat(spec.get("ipPool").getAsString()).isEqualTo("wrong");
    reconcile();
    spec = balancer().getAsJsonObject("spec");
    assertThat(spec.get("ipPool").getAsString()).isEqualTo("right");
    assertThat(spec.get("ipv6Pool").getAsString()).isEqualTo("right6");

    allocate("192.0.2.1");
    V1Service service = service();
    service.getMetadata().putAnnotationsItem("thresher.dev/pool", "other");
    guestStore.put(CoreTypes.SERVICE, service);
    reconcile();
    assertThat(balancer().getAsJsonObject("spec")).isEqualTo(spec);
    assertThat(events).contains("FrozenAfterCreation");
    assertThat(messages).anySatisfy(m -> assertThat(m).contains("other", "right,right6"));
  }

  @Test
  void asksForThePoolsWithCertainLabelsAndKeepsThemOnceThereIsAnAddress() {
    put(annotated("thresher.dev/pool", "wrong"));
    reconcile();
    put(annotated("thresher.dev/pool-selector", "tier in (gold,silver)"));
    reconcile();
    assertThat(balancer().getAsJsonObject("spec").has("ipPool")).isFalse();
    assertThat(asksForLabels()).isEqualTo("tier in (gold,silver)");

    allocate("192.0.2.1");
    put(annotated("thresher.dev/pool-selector", "tier=iron"));
    reconcile();
    assertThat(asksForLabels()).isEqualTo("tier in (gold,silver)");
    assertThat(events).contains("FrozenAfterCreation");
    assertThat(messages).anySatisfy(m -> assertThat(m).contains("tier=iron", "tier in (gold,"));
  }

  private String asksForLabels() {
    return TwoClusters.annotation(balancer(), "thresher.dev/pool-selector");
  }

  @Test
  void recordsWhichGuestMadeIt() {
    V1Service kubernetes =
        guestStore.put(
            CoreTypes.SERVICE,
            new V1Service()
                .metadata(new V1ObjectMeta().name("kubernetes").namespace("default"))
                .spec(new V1ServiceSpec().type("ClusterIP")));
    put(s -> {});
    reconcile();
    assertThat(
            balancer()
                .getAsJsonObject("metadata")
                .getAsJsonObject("annotations")
                .get("thresher.dev/guest-cluster-uid")
                .getAsString())
        .isEqualTo(kubernetes.getMetadata().getUid());
  }

  @Test
  void adoptsWhatWasMadeUnderAnotherClusterName() {
    V1Service service = put(s -> {});
    String uid = service.getMetadata().getUid();
    String name = LoadBalancerName.of("kubernetes", "default", "web", uid);
    hostStore.put(
        LoadBalancerTypes.LOAD_BALANCER,
        JsonParser.parseString(
                """
                {"metadata": {"name": "%s", "namespace": "vms",
                  "labels": {
                    "cloudprovider.harvesterhci.io/cluster": "kubernetes",
                    "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                    "cloudprovider.harvesterhci.io/serviceName": "web"}},
                 "spec": {"ipam": "pool", "workloadType": "cluster"},
                 "status": {"address": "192.0.2.1", "allocatedAddress": {"ip": "192.0.2.1"}}}
                """
                    .formatted(name))
            .getAsJsonObject());
    reconcile();
    assertThat(balancers()).containsExactly(ObjectKey.of("vms", name));
    assertThat(annotation(IPS)).isEqualTo("192.0.2.1");
    assertThat(
            balancer()
                .getAsJsonObject("metadata")
                .getAsJsonObject("labels")
                .get("cloudprovider.harvesterhci.io/cluster")
                .getAsString())
        .isEqualTo("gc1");
    delete();
    reconcile();
    reconcile();
    assertThat(balancers()).isEmpty();
    assertThat(guestStore.get(CoreTypes.SERVICE, WEB)).isEmpty();
  }
}
