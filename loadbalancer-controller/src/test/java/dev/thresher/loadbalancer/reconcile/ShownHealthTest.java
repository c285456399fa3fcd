package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.key;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.HealthCheck;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.loadbalancer.agent.AgentScene;
import dev.thresher.loadbalancer.health.Outcome;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.loadbalancer.health.Verdict.Ground;
import dev.thresher.loadbalancer.health.Verdict.Health;
import dev.thresher.runtime.patch.Patch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A listing tells who is healthy, who is not and who is not probed.
final class ShownHealthTest {

  private static final Outcome REFUSED =
      new Outcome.Failed("ConnectionRefused", "refuses connections");

  private final World world = new World();

  @BeforeEach
  void pool() {
    world.pool("pool", "192.0.2.0/24");
    world.machine("vm-1", "10.0.0.5");
  }

  private static LoadBalancer checked() {
    LoadBalancer object = machines("a");
    object.getSpec().healthCheck(new HealthCheck().port(8080));
    return object;
  }

  private void create(LoadBalancer object) {
    world.create(object);
    world.settle();
    world.announce("a", "192.0.2.2");
    world.settle();
  }

  private void pass(int seconds) {
    world.pass(Duration.ofSeconds(seconds));
  }

  private void patch(String json) {
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        key("a"),
        new Patch.Merge(JsonParser.parseString(json).getAsJsonObject(), ""));
    world.settle();
  }

  /// Each entry as `address ready|REASON health`.
  private List<String> shown() {
    return world.loadBalancer("a").getStatus().getBackends().stream()
        .map(backend ->
            backend.getAddress()
                + " "
                + (backend.getReady() ? "ready" : backend.getReason())
                + " "
                + backend.getHealth())
        .toList();
  }

  private long statusWrites() {
    return world.api.writes().stream()
        .filter(call -> call.resource().equals(LoadBalancerTypes.LOAD_BALANCER.resource()))
        .count();
  }

  @ParameterizedTest
  @CsvSource({
    "UP, ANSWERS, Healthy",
    "DOWN, ANSWERS, Unhealthy",
    "UNKNOWN, ANSWERS, Unknown",
    "UP, TRAFFIC, Unknown",
    "UP, NOBODY_ASKS, NotProbed",
    "DOWN, NOBODY_ASKS, NotProbed",
    "UNKNOWN, NOBODY_ASKS, NotProbed",
  })
  void isWhatTheVerdictRestsOn(Health health, Ground ground, String shown) {
    assertThat(ShownHealth.of(Optional.of(new Verdict(health, "", "", ground))).text())
        .isEqualTo(shown);
    assertThat(ShownHealth.of(Optional.empty()).text()).isEqualTo("NotProbed");
  }

  @Test
  void withoutACheckNobodyIsProbed() {
    create(machines("a"));
    assertThat(shown()).containsExactly("10.0.0.5 ready NotProbed");
  }

  @Test
  void beforeTheFirstAnswerItIsNotKnown() {
    create(checked());
    assertThat(shown()).containsExactly("10.0.0.5 NotCheckedYet Unknown");
    pass(3);
    assertThat(shown()).containsExactly("10.0.0.5 ready Healthy");
  }

  @Test
  void whoFailsIsUnhealthyAndEachChangeIsWrittenOnce() {
    world.machine("vm-2", "10.0.0.6");
    create(checked());
    pass(5);
    world.api.forgetCalls();

    world.answers.put("10.0.0.6", REFUSED);
    pass(10);
    assertThat(shown())
        .containsExactly("10.0.0.5 ready Healthy", "10.0.0.6 ConnectionRefused Unhealthy");
    assertThat(statusWrites()).isEqualTo(1);

    world.answers.clear();
    pass(10);
    assertThat(shown()).containsExactly("10.0.0.5 ready Healthy", "10.0.0.6 ready Healthy");
    assertThat(statusWrites()).isEqualTo(2);
  }

  @Test
  void eachAddressOfAMachineForItself() {
    world.pool("six", "2001:db8::/64");
    world.machine("vm-1", "10.0.0.5", "2001:db8:1::5");
    world.answers.put("2001:db8:1::5", REFUSED);
    LoadBalancer object = checked();
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    create(object);
    pass(5);
    assertThat(shown())
        .containsExactly("10.0.0.5 ready Healthy", "2001:db8:1::5 ConnectionRefused Unhealthy");
  }

  @Test
  void whoLeavesIsProbedToTheEnd() {
    LoadBalancer object = checked();
    object.getSpec().drainSeconds(3000);
    world.waits = false;
    create(object);
    pass(5);
    world.store.put(
        KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, World.instance("vm-1", "other", "10.0.0.5"));
    pass(5);
    assertThat(shown()).containsExactly("10.0.0.5 Draining Healthy");

    world.answers.put("10.0.0.5", REFUSED);
    pass(5);
    assertThat(shown()).containsExactly("10.0.0.5 Draining Unhealthy");

    world.api.forgetCalls();
    world.restart();
    pass(10);
    assertThat(shown()).containsExactly("10.0.0.5 Draining Unhealthy");
    assertThat(statusWrites()).as("a restart changes nothing").isZero();

    world.answers.clear();
    pass(5);
    assertThat(shown()).containsExactly("10.0.0.5 Draining Healthy");
  }

  @Test
  void whoCannotServeIsNotProbed() {
    VirtualMachineInstance stopped = World.instance("vm-1", "web", "10.0.0.5");
    stopped.getStatus().phase("Succeeded");
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, stopped);
    world.machine("vm-2");
    create(checked());
    pass(5);
    assertThat(shown()).containsExactly(" NotRunning NotProbed", " NoAddress NotProbed");
    assertThat(world.probed).isEmpty();
  }

  @Test
  void aCheckThatIsSwitchedOnIsTrustedAndNotShownBeforeTheFirstAnswer() {
    create(machines("a"));
    patch("{\"spec\": {\"healthCheck\": {\"port\": 8080}}}");
    assertThat(shown()).containsExactly("10.0.0.5 ready Unknown");
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
    pass(10);
    assertThat(shown()).containsExactly("10.0.0.5 ready Healthy");

    patch("{\"spec\": {\"healthCheck\": null}}");
    assertThat(shown()).containsExactly("10.0.0.5 ready NotProbed");
  }

  @Test
  void anotherCheckAndARestartKeepWhatWasFound() {
    create(checked());
    pass(5);
    patch("{\"spec\": {\"healthCheck\": {\"periodSeconds\": 3}}}");
    assertThat(shown()).containsExactly("10.0.0.5 ready Healthy");
    world.api.forgetCalls();
    world.restart();
    pass(10);
    assertThat(shown()).containsExactly("10.0.0.5 ready Healthy");
    assertThat(statusWrites()).isZero();
  }

  @Test
  void aCheckThatTrustsIsPassedUntilItFails() {
    LoadBalancer object = checked();
    object.getSpec().getHealthCheck().type("REACH").whenAllDown("all-open");
    create(object);
    assertThat(shown()).containsExactly("10.0.0.5 ready Healthy");
    world.api.forgetCalls();
    pass(10);
    assertThat(statusWrites()).as("of those who pass nothing is written").isZero();

    world.answers.put("10.0.0.5", REFUSED);
    pass(10);
    assertThat(shown()).containsExactly("10.0.0.5 ConnectionRefused Unhealthy");
  }

  @Test
  void whileNobodyKnowsHowToCheckNobodyIsProbed() {
    create(checked());
    pass(5);
    patch("{\"spec\": {\"healthCheck\": {\"type\": \"ICMP\"}}}");
    assertThat(shown()).as("the last check goes on").containsExactly("10.0.0.5 ready Healthy");

    world.restart();
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
    assertThat(shown()).containsExactly("10.0.0.5 ready NotProbed");
  }

  @Test
  void withoutAnAgentThatChecksNobodyIsProbed() {
    LoadBalancer object = checked();
    object.getSpec().getHealthCheck().from("node");
    create(object);
    assertThat(shown()).containsExactly("10.0.0.5 NoProbeAgent NotProbed");

    var agent = new AgentScene(world.store, world.timeline, "host-1", "10.0.0.0/24");
    reports(agent, 10);
    assertThat(shown()).containsExactly("10.0.0.5 ready Healthy");

    pass(20);
    assertThat(shown()).as("the agent is silent").containsExactly("10.0.0.5 ready NotProbed");

    reports(agent, 1);
    assertThat(shown()).as("it was asked anew").containsExactly("10.0.0.5 ready Unknown");
    reports(agent, 10);
    assertThat(shown()).containsExactly("10.0.0.5 ready Healthy");
  }

  private void reports(AgentScene agent, int times) {
    for (int i = 0; i < times; i++) {
      agent.report();
      pass(1);
    }
  }

  @Test
  void fromNodeToControllerItIsNotKnownBeforeTheFirstAnswer() {
    LoadBalancer object = checked();
    object.getSpec().getHealthCheck().from("node");
    create(object);
    patch("{\"spec\": {\"healthCheck\": {\"from\": \"controller\"}}}");
    assertThat(shown()).containsExactly("10.0.0.5 NotCheckedYet Unknown");
    pass(5);
    assertThat(shown()).containsExactly("10.0.0.5 ready Healthy");
  }
}
