package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonPrimitive;
import dev.thresher.api.CoreTypes;
import dev.thresher.ccm.harvester.networks.NodeNetworks;
import dev.thresher.ccm.harvester.networks.NodeNetworks.Cards;
import dev.thresher.runtime.reconcile.Result;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1NodeCondition;
import io.kubernetes.client.openapi.models.V1NodeStatus;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// An address that is held on a node of the host.
class HostAddressTest extends OneService {

  @Test
  void anAddressOnAHostNodeFromEndToEnd() {
    put(annotated("thresher.dev/placement", "host"));
    reconcile();
    assertThat(annotation("kube-vip.io/ignore")).isEqualTo("true");
    allocate("192.0.2.1", "2001:db8::1");
    reconcile();
    assertThat(ingress()).isEmpty();
    assertThat(annotation(IPS)).isEmpty();

    announce("2001:db8::1", "192.0.2.1");
    reconcile();
    assertThat(ingress()).containsExactly("192.0.2.1", "2001:db8::1");
    assertThat(events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
    assertThat(texts(host.calls())).hasSize(1);

    host.forgetCalls();
    guest.forgetCalls();
    restart();
    reconcile();
    assertThat(host.calls()).isEmpty();
    assertThat(guest.calls()).isEmpty();
  }

  @Test
  void followsNodePortsOnTheHost() {
    placement = Placement.HOST;
    restart();
    put(s -> {});
    reconcile();
    V1Service service = service();
    service.getSpec().getPorts().getFirst().nodePort(31080);
    guestStore.put(CoreTypes.SERVICE, service);
    reconcile();
    assertThat(
            balancer()
                .getAsJsonObject("spec")
                .getAsJsonArray("listeners")
                .get(0)
                .getAsJsonObject()
                .get("backendPort")
                .getAsInt())
        .isEqualTo(31080);
  }

  /// Many nodes at once are one look, and an address on a guest node is not concerned.
  @Test
  void isLookedAtOnceWhenNodesBecomeReadyOrNot() {
    node("n1", "True");
    put(annotated("thresher.dev/placement", "host"));
    reconcile();
    timeline.advance(BackEndNodes.WINDOW);
    woken.clear();
    node("n1", "Unknown");
    node("n1", "True");
    node("n2", "True");
    assertThat(woken).isEmpty();
    timeline.advance(BackEndNodes.WINDOW);
    assertThat(woken).containsExactly(WEB);

    change(balancer -> {
      balancer.getAsJsonObject("spec").addProperty("placement", "guest");
      balancer
          .getAsJsonObject("metadata")
          .getAsJsonObject("annotations")
          .remove("thresher.dev/placement");
    });
    woken.clear();
    node("n1", "False");
    timeline.advance(BackEndNodes.WINDOW);
    assertThat(woken).isEmpty();
  }

  private void node(String name, String ready) {
    guestStore.put(
        CoreTypes.NODE,
        new V1Node()
            .metadata(new V1ObjectMeta().name(name))
            .status(
                new V1NodeStatus()
                    .addConditionsItem(new V1NodeCondition().type("Ready").status(ready))));
  }

  @Test
  void tellsWhenTheHostDroppedThePlacement() {
    hostStore.onCreate(object -> {
      if (object.has("spec")) {
        object.getAsJsonObject("spec").remove("placement");
      }
    });
    put(annotated("thresher.dev/placement", "host"));
    reconcile();
    reconcile();
    assertThat(events).containsExactly("EnsuringLoadBalancer", "HostDoesNotKnowPlacement");
    assertThat(texts(host.calls())).hasSize(1);
    assertThat(annotation(IPS)).isEmpty();
  }

  @Test
  void refusesToPlaceOnTheHostWhatWouldNotHold() {
    placement = Placement.HOST;
    restart();
    put(s -> s.getSpec().getPorts().getFirst().nodePort(null));
    reconcile();
    assertThat(balancers()).isEmpty();
    assertThat(events).endsWith("NodePortMissing");
    assertThat(messages).last().asString().contains("allocateLoadBalancerNodePorts");
  }

  @Test
  void handsOnWhatADhcpServerGaveTheHost() {
    placement = Placement.HOST;
    restart();
    put(annotated("cloudprovider.harvesterhci.io/ipam", "dhcp"));
    reconcile();
    assertThat(balancer().getAsJsonObject("spec").get("ipam").getAsString()).isEqualTo("dhcp");
    allocate("0.0.0.0");
    assertThat(reconciler.reconcile(WEB)).isEqualTo(Result.after(Verdict.ANSWER_PATIENCE));
    assertThat(ingress()).isEmpty();
    assertThat(annotation(IPS)).isEmpty();

    announce("198.51.100.7");
    reconcile();
    assertThat(ingress()).containsExactly("198.51.100.7");
    assertThat(annotation(IPS)).isEmpty();
    assertThat(events).containsExactly("EnsuringLoadBalancer", "EnsuredLoadBalancer");
  }

  @Test
  void tellsThatTheHostHidesTheClient() {
    put(s -> {
      annotated("thresher.dev/placement", "host").accept(s);
      s.getSpec().externalTrafficPolicy("Local").healthCheckNodePort(32000);
    });
    reconcile();
    reconcile();
    assertThat(events).containsExactly("EnsuringLoadBalancer", "ClientAddressNotPreserved");
    assertThat(balancer().getAsJsonObject("spec").getAsJsonObject("healthCheck").get("port"))
        .isEqualTo(new JsonPrimitive(32000));
    allocate("192.0.2.1");
    announce("192.0.2.1");
    reconcile();
    assertThat(ingress()).containsExactly("192.0.2.1");
  }

  @Test
  void saysThatTheNetworkOfAnAddressOnTheHostIsNotThatOfTheBackEnds() {
    networks =
        new NodeNetworks() {
          @Override
          public Cards on(String network) {
            return new Cards.Same("eth1");
          }

          @Override
          public Set<String> addressesOn(String network) {
            return Set.of("172.16.0.1");
          }

          @Override
          public void onChange(Runnable listener) {
            // Nothing changes.
          }
        };
    restart();
    put(s -> {
      annotated("thresher.dev/placement", "host").accept(s);
      annotated("cloudprovider.harvesterhci.io/network", "default/vlan2").accept(s);
    });
    reconcile();
    assertThat(balancers()).hasSize(1);
    assertThat(TwoClusters.annotation(balancer(), "thresher.dev/backend-addresses"))
        .doesNotContain("172.16.0.1");
    assertThat(events).contains("NetworkNotUsed");
    assertThat(messages).anySatisfy(m -> assertThat(m).contains("default/vlan2", "172.16.0.1"));
  }
}
