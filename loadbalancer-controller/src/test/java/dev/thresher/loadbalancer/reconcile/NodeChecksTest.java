package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.MultusNetwork;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.Condition;
import dev.thresher.api.loadbalancer.HealthCheck;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.net.NetTypes;
import dev.thresher.loadbalancer.ShippedRoles;
import dev.thresher.loadbalancer.agent.AgentScene;
import dev.thresher.loadbalancer.health.Outcome;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.runtime.fake.FakeCall;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1Node;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Health checks that the probe agents of nodes make: controller and agents together, in memory.
final class NodeChecksTest {

  private static final Outcome REFUSED =
      new Outcome.Failed("ConnectionRefused", "refuses connections");

  private final World world = new World();
  private final AgentScene near =
      new AgentScene(world.store, world.timeline, "host-1", "10.7.0.0/24");
  private final AgentScene alsoNear =
      new AgentScene(world.store, world.timeline, "host-2", "10.7.0.0/24");
  private final AgentScene far = new AgentScene(world.store, world.timeline, "host-3");

  @BeforeEach
  void scene() {
    world.pool("pool", "192.0.2.0/24");
    world.machine("vm-1", "10.7.0.5");
    LoadBalancer object = machines("a");
    object.getSpec().healthCheck(new HealthCheck().port(8080).from("node"));
    world.create(object);
    world.settle();
    world.announce("a", "192.0.2.2");
    world.settle();
  }

  /// Time passes and all these agents report, as they do.
  private void pass(int seconds, AgentScene... reporting) {
    for (int i = 0; i < seconds * 2; i++) {
      world.pass(Duration.ofMillis(500));
      for (AgentScene agent : reporting) {
        agent.report();
      }
      world.settle();
    }
  }

  private String backend() {
    return backend("a");
  }

  private String backend(String name) {
    var backend =
        Objects.requireNonNull(world.loadBalancer(name).getStatus()).getBackends().getFirst();
    return backend.getReady()
        + " "
        + Objects.requireNonNullElse(backend.getReason(), "")
        + " from "
        + Objects.requireNonNullElse(backend.getCheckedFrom(), "nobody");
  }

  private String condition(String type) {
    Optional<Condition> condition = StatusDocument.condition(world.loadBalancer("a"), type);
    return condition.map(one -> one.getStatus() + " " + one.getReason()).orElse("none");
  }

  @Test
  void withoutAnAgentNobodyTakesPartAndThatIsSaid() {
    assertThat(backend()).isEqualTo("false NoProbeAgent from nobody");
    assertThat(condition("BackendsChecked")).isEqualTo("False NoProbeAgent");
    assertThat(world.ready("a").getReason()).isEqualTo("BackendsBeingChecked");
    assertThat(world.events).contains("WARNING a NoProbeAgent");
    assertThat(world.probed).as("the controller itself asks nobody").isEmpty();
  }

  @Test
  void withoutTheDefinitionOfReportsThatIsSaidUntilItIsThere() {
    world.informers().define(NetTypes.NODE_REPORT, false);
    world.settle();
    assertThat(condition("BackendsChecked")).isEqualTo("False NodeReportsUndefined");
    assertThat(
            StatusDocument.condition(world.loadBalancer("a"), "BackendsChecked")
                .orElseThrow()
                .getMessage())
        .contains("nodereports.net.thresher.dev", "CustomResourceDefinition");
    assertThat(world.events).contains("WARNING a NodeReportsUndefined");

    world.informers().define(NetTypes.NODE_REPORT, true);
    pass(5, near);
    assertThat(condition("BackendsChecked")).isEqualTo("True ProbeAgents");
    assertThat(backend()).isEqualTo("true  from host-1");
  }

  @Test
  void whatNodesCheckIsCountedWithTheRest() {
    world.machine("vm-2", "10.7.0.6");
    near.answers.put("10.7.0.6", REFUSED);
    pass(5, near);
    LoadBalancer other = machines("b");
    other.getSpec().healthCheck(new HealthCheck().port(8080));
    world.create(other);
    pass(5, near);
    assertThat(world.control().checkedBackends()).isEqualTo(Map.of(Health.UP, 3L, Health.DOWN, 1L));

    world.delete("b");
    world.settle();
    assertThat(world.control().checkedBackends()).isEqualTo(Map.of(Health.UP, 1L, Health.DOWN, 1L));
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        World.key("a"),
        new Patch.Merge(
            JsonParser.parseString("{\"spec\": {\"healthCheck\": null}}").getAsJsonObject(), ""));
    world.settle();
    assertThat(world.control().checkedBackends()).isEmpty();
  }

  @Test
  void oneAgentOfTheNetworkChecks() {
    pass(5, near, far);
    assertThat(backend()).isEqualTo("true  from host-1");
    assertThat(condition("BackendsChecked")).isEqualTo("True ProbeAgents");
    assertThat(world.endpoints("a")).containsExactly("10.7.0.5");
    assertThat(world.ready("a").getReason()).isEqualTo("Answering");

    near.answers.put("10.7.0.5", REFUSED);
    pass(4, near, far);
    assertThat(backend()).isEqualTo("false ConnectionRefused from host-1");
    assertThat(world.endpoints("a")).doesNotContain("10.7.0.5");
    assertThat(world.ready("a").getReason()).isEqualTo("NoHealthyBackend");

    near.answers.clear();
    pass(4, near, far);
    assertThat(backend()).isEqualTo("true  from host-1");
  }

  @Test
  void aSecondAgentChangesNothingAndTakesOverFromASilentOne() {
    pass(5, near);
    world.api.forgetCalls();
    pass(5, near, alsoNear);
    assertThat(backend()).isEqualTo("true  from host-1");
    assertThat(world.api.writes()).as("steady state").isEmpty();

    alsoNear.answers.put("10.7.0.5", REFUSED);
    pass(25, alsoNear);
    assertThat(backend()).isEqualTo("false ConnectionRefused from host-2");
  }

  @Test
  void theWordOfASilentAgentExpiresAndThatIsSaid() {
    pass(5, near);
    world.machine("vm-2", "10.7.0.6");
    world.settle();
    world.pass(Duration.ofSeconds(20));

    assertThat(condition("BackendsChecked")).isEqualTo("False ProbeAgentSilent");
    assertThat(world.events).contains("WARNING a ProbeAgentSilent");
    // Who has traffic keeps it, who has not does not get it.
    assertThat(world.endpoints("a")).containsExactly("10.7.0.5", "10.7.0.6 not ready");
    assertThat(world.ready("a").getReason()).isEqualTo("Answering");

    pass(6, near);
    assertThat(condition("BackendsChecked")).isEqualTo("True ProbeAgents");
    assertThat(world.endpoints("a")).containsExactly("10.7.0.5", "10.7.0.6");
    assertThat(world.events).contains("NORMAL a ProbeAgents");
  }

  @Test
  void aWordOnAnotherCheckCountsForNothing() {
    near.answers.put("10.7.0.5", REFUSED);
    pass(5, near);
    assertThat(backend()).startsWith("false ConnectionRefused");
    near.answers.clear();
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        World.key("a"),
        new Patch.Merge(
            JsonParser.parseString("{\"spec\": {\"healthCheck\": {\"successThreshold\": 3}}}")
                .getAsJsonObject(),
            ""));
    world.settle();
    near.report();
    world.settle();
    assertThat(backend()).startsWith("false ConnectionRefused");
    pass(5, near);
    assertThat(backend()).isEqualTo("true  from host-1");
  }

  @Test
  void oneThatLostItsPlacementIsCheckedOn() {
    LoadBalancer object = machines("b");
    object
        .getSpec()
        .workloadType("cluster")
        .placement("host")
        .healthCheck(new HealthCheck().port(8080).from("node"));
    world.create(object);
    pass(5, near);
    assertThat(backend("b")).isEqualTo("true  from host-1");

    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        World.key("b"),
        new Patch.Merge(
            JsonParser.parseString("{\"spec\": {\"placement\": null}}").getAsJsonObject(), ""));
    near.answers.put("10.7.0.5", REFUSED);
    pass(5, near);
    assertThat(backend("b")).isEqualTo("false ConnectionRefused from host-1");

    pass(20);
    assertThat(backend("b")).as("the agent is silent").endsWith("from nobody");
  }

  @Test
  void aRestartOfTheControllerOrTheAgentTakesNobodyOut() {
    pass(5, near);
    world.restart();
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.7.0.5");
    var again = new AgentScene(world.store, world.timeline, "host-1", "10.7.0.0/24");
    again.report();
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.7.0.5");
    pass(5, again);
    assertThat(backend()).isEqualTo("true  from host-1");
  }

  @Test
  void checksOfTheControllerHaveNoSuchCondition() {
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        World.key("a"),
        new Patch.Merge(
            JsonParser.parseString("{\"spec\": {\"healthCheck\": {\"from\": \"controller\"}}}")
                .getAsJsonObject(),
            ""));
    world.settle();
    world.pass(Duration.ofSeconds(5));
    assertThat(condition("BackendsChecked")).isEqualTo("none");
    assertThat(backend()).isEqualTo("true  from nobody");
  }

  @Test
  void aBridgeThatMayLoseRepliesIsSaidAndItsEndToo() {
    pass(5, near);
    assertThat(condition("BridgeNatAtRisk")).as("not in the default set-up").isEqualTo("none");

    near.bridge = true;
    pass(1, near);
    assertThat(condition("BridgeNatAtRisk")).as("on the pod network").isEqualTo("none");

    bridge("vm-1", "10.7.0.5");
    pass(1, near);
    assertThat(condition("BridgeNatAtRisk")).isEqualTo("True BridgeNetfilterOn");
    assertThat(
            StatusDocument.condition(world.loadBalancer("a"), "BridgeNatAtRisk")
                .orElseThrow()
                .getMessage())
        .contains("host-1 (vm-1)", "set net.bridge.bridge-nf-call-iptables=0 there", "CNI");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    assertThat(world.events).contains("WARNING a BridgeNetfilterOn");

    near.bridge = false;
    pass(1, near);
    assertThat(condition("BridgeNatAtRisk")).isEqualTo("False BridgeNetfilterOff");
    assertThat(world.events).contains("NORMAL a BridgeNetfilterOff");
  }

  private void bridge(String machine, String... addresses) {
    VirtualMachineInstance bridged = World.instance(machine, "web", addresses);
    bridged.getSpec().getNetworks().getFirst().multus(new MultusNetwork().networkName("vlan7"));
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, bridged);
  }

  /// That nobody says it any more is no sign that it has passed.
  @Test
  void theWarningStandsUntilTheNodeSaysThatItIsOver() {
    bridge("vm-1", "10.7.0.5");
    near.bridge = true;
    pass(5, near);
    assertThat(condition("BridgeNatAtRisk")).isEqualTo("True BridgeNetfilterOn");

    pass(20, far);
    assertThat(condition("BridgeNatAtRisk")).as("silent").isEqualTo("True BridgeNetfilterOn");
    near.bridgeKnown = false;
    pass(2, near);
    assertThat(condition("BridgeNatAtRisk")).as("unread").isEqualTo("True BridgeNetfilterOn");
    assertThat(world.events).doesNotContain("NORMAL a BridgeNetfilterOff");

    near.bridgeKnown = true;
    near.bridge = false;
    pass(2, near);
    assertThat(condition("BridgeNatAtRisk")).isEqualTo("False BridgeNetfilterOff");
  }

  @Test
  void theWarningIsOverWhenNobodyOnABridgeIsLeft() {
    bridge("vm-1", "10.7.0.5");
    near.bridge = true;
    pass(5, near);
    pass(20, far);
    world.machine("vm-1", "10.7.0.5");
    pass(1, far);

    assertThat(condition("BridgeNatAtRisk")).isEqualTo("False BridgeNetfilterOff");
  }

  /// The load balancer has an IPv4 address only.
  @Test
  void aFamilyWithoutAnAddressIsAtNoRisk() {
    bridge("vm-1", "10.7.0.5", "2001:db8:7::5");
    near.bridge6 = true;
    pass(5, near);
    assertThat(condition("BridgeNatAtRisk")).isEqualTo("none");

    near.bridge = true;
    pass(1, near);
    assertThat(
            StatusDocument.condition(world.loadBalancer("a"), "BridgeNatAtRisk")
                .orElseThrow()
                .getMessage())
        .startsWith("net.bridge.bridge-nf-call-iptables is 1")
        .doesNotContain("ip6tables");
  }

  @Test
  void theReportBelongsToItsNode() {
    world.store.put(
        CoreTypes.NODE, new V1Node().metadata(new V1ObjectMeta().name("host-1").uid("uid-1")));
    near.report();
    assertThat(
            world
                .store
                .get(NetTypes.NODE_REPORT, ObjectKey.cluster("host-1"))
                .orElseThrow()
                .getMetadata()
                .getOwnerReferences())
        .extracting(owner -> owner.getKind() + " " + owner.getUid())
        .containsExactly("Node uid-1");
  }

  @Test
  void theAgentsRoleAllowsWhatItDoesAndNothingElse() throws IOException {
    pass(2, near);
    var done = new TreeSet<String>();
    for (FakeCall call : near.api.calls()) {
      done.add(
          call.verb()
              + " "
              + call.resource()
              + (call.subresource().isEmpty() ? "" : "/" + call.subresource()));
    }
    done.add("list " + LoadBalancerTypes.LOAD_BALANCER.resource());
    done.add("watch " + LoadBalancerTypes.LOAD_BALANCER.resource());
    assertThat(
            ShippedRoles.allowed(
                Path.of("../charts/loadbalancer-controller/files/probe-agent-rbac.yaml"),
                "ClusterRole",
                "harvester-load-balancer-probe-agent"))
        .containsExactlyInAnyOrderElementsOf(done);
    assertThat(List.copyOf(near.api.calls())).isNotEmpty();
  }
}
