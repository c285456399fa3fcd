package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.key;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.address.IpFamily;
import dev.thresher.api.kubevirt.KubeVirtTypes;
import dev.thresher.api.kubevirt.VirtualMachineInstance;
import dev.thresher.api.loadbalancer.Backend;
import dev.thresher.api.loadbalancer.HealthCheck;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.loadbalancer.health.Outcome;
import dev.thresher.loadbalancer.health.Verdict;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.patch.Patch;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What follows from the health of back ends.
final class HealthTest {

  private static final Outcome REFUSED =
      new Outcome.Failed("ConnectionRefused", "refuses connections: nobody listens at the port");

  private static final Outcome SICK = new Outcome.Failed("UnexpectedStatus", "answered 503");

  private static final Outcome NO_ROUTE = new Outcome.Failed("NoRoute", "there is no route to it");

  private final World world = new World();

  @BeforeEach
  void pool() {
    world.pool("pool", "192.0.2.0/24");
  }

  private static LoadBalancer checked(String name) {
    LoadBalancer object = machines(name);
    object.getSpec().healthCheck(new HealthCheck().port(8080));
    return object;
  }

  private void pass(int seconds) {
    world.pass(Duration.ofSeconds(seconds));
  }

  /// Two machines that are healthy, and an address that is answered.
  private void running(LoadBalancer object) {
    world.machine("vm-1", "10.0.0.5");
    world.machine("vm-2", "10.0.0.6");
    world.create(object);
    world.settle();
    world.announce("a", "192.0.2.2");
    pass(5);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    world.events.clear();
    world.api.forgetCalls();
  }

  private Backend backend(String name) {
    return world.loadBalancer("a").getStatus().getBackends().stream()
        .filter(backend -> name.equals(backend.getName()))
        .findFirst()
        .orElseThrow();
  }

  private void patch(String json) {
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        key("a"),
        new Patch.Merge(JsonParser.parseString(json).getAsJsonObject(), ""));
  }

  @Test
  void aMachineTakesPartOnceItHasPassed() {
    world.machine("vm-1", "10.0.0.5");
    world.create(checked("a"));
    world.settle();
    world.announce("a", "192.0.2.2");
    world.settle();

    assertThat(world.endpoints("a")).containsExactly("10.0.0.5 not ready", "10.52.0.255");
    assertThat(world.ready("a").getReason()).isEqualTo("BackendsBeingChecked");
    assertThat(backend("vm-1").getReason()).isEqualTo(Verdict.NOT_CHECKED_YET);

    pass(2);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
    assertThat(world.ready("a").getReason()).isEqualTo("Answering");
    assertThat(backend("vm-1").getReady()).isTrue();
    assertThat(backend("vm-1").getReason()).isNull();
    assertThat(world.events)
        .containsExactly(
            "NORMAL a AddressNotAnnounced", "NORMAL a BackendsBeingChecked", "NORMAL a Answering");
  }

  @Test
  void withoutACheckEverybodyWhoRunsTakesPart() {
    world.machine("vm-1", "10.0.0.5");
    world.answers.put("10.0.0.5", REFUSED);
    LoadBalancer object = machines("a");
    object.getSpec().healthCheck(new HealthCheck().port(0));
    world.create(object);
    pass(5);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
    assertThat(world.probed).isEmpty();
  }

  @Test
  void oneThatFailsIsLeftOutAndComesBack() {
    running(checked("a"));
    world.answers.put("10.0.0.6", SICK);
    pass(3);

    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6 not ready");
    assertThat(world.slice("a").getEndpoints().get(1).getConditions().getServing()).isFalse();
    Backend failed = backend("vm-2");
    assertThat(failed.getReady()).isFalse();
    assertThat(failed.getReason()).isEqualTo("UnexpectedStatus");
    assertThat(failed.getMessage()).isEqualTo("answered 503");
    assertThat(failed.getLastTransitionTime())
        .isBetween("2026-01-01T00:00:05Z", "2026-01-01T00:00:08Z");
    assertThat(backend("vm-1").getLastTransitionTime()).isLessThan("2026-01-01T00:00:03Z");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    assertThat(world.ready("a").getMessage())
        .isEqualTo("answering at 192.0.2.2; 1 of 2 back ends fail: vm-2 UnexpectedStatus");
    assertThat(world.events).containsExactly("WARNING a BackendUnhealthy");

    world.api.forgetCalls();
    pass(30);
    assertThat(world.api.writes()).as("nothing changes, nothing is written").isEmpty();

    world.answers.clear();
    pass(3);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");
    assertThat(world.events).containsExactly("WARNING a BackendUnhealthy", "NORMAL a BackendReady");
    assertThat(world.ready("a").getMessage()).isEqualTo("answering at 192.0.2.2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "- | 10.0.0.5 not ready,10.0.0.6 not ready,10.52.0.255 | connections are refused",
        "fail-closed | 10.0.0.5 not ready,10.0.0.6 not ready,10.52.0.255 | connections are refused",
        "all-open | 10.0.0.5,10.0.0.6 | all that run get traffic",
      })
  void whenAllFailThePolicyDecides(String policy, String endpoints, String message) {
    LoadBalancer object = checked("a");
    object.getSpec().getHealthCheck().whenAllDown(policy);
    running(object);
    world.answers.putAll(Map.of("10.0.0.5", REFUSED, "10.0.0.6", SICK));
    pass(4);

    assertThat(String.join(",", world.endpoints("a"))).isEqualTo(endpoints);
    assertThat(world.ready("a").getStatus()).isEqualTo("False");
    assertThat(world.ready("a").getReason()).isEqualTo("NoHealthyBackend");
    assertThat(world.ready("a").getMessage())
        .contains(message, "vm-1 ConnectionRefused", "vm-2 UnexpectedStatus");
    assertThat(backend("vm-1").getReady()).isFalse();
    assertThat(world.events).contains("WARNING a NoHealthyBackend");

    world.restart();
    world.settle();
    assertThat(String.join(",", world.endpoints("a"))).isEqualTo(endpoints);
    assertThat(backend("vm-1").getReady()).as("known after a restart").isFalse();

    world.answers.remove("10.0.0.5");
    pass(4);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6 not ready");
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', 10.0.0.5 not ready, 2001:db8:1::5 not ready",
    "10.42.0.255, '', '10.0.0.5 not ready,10.42.0.255', 2001:db8:1::5 not ready",
    "10.42.0.255, 100::1, '10.0.0.5 not ready,10.42.0.255', '2001:db8:1::5 not ready,100::1'",
  })
  void nobodyStandsInWhereAnAddressIsSaid(String four, String six, String slice, String slice6) {
    var nobody = new HashMap<IpFamily, IpAddress>();
    IpAddress.tryParse(four).ifPresent(address -> nobody.put(IpFamily.IPV4, address));
    IpAddress.tryParse(six).ifPresent(address -> nobody.put(IpFamily.IPV6, address));
    world.nobody = nobody;
    world.restart();
    world.pool("six", "2001:db8::/64");
    world.machine("vm-1", "10.0.0.5", "2001:db8:1::5");
    LoadBalancer object = checked("a");
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    world.create(object);
    world.settle();

    assertThat(String.join(",", world.endpoints("a"))).isEqualTo(slice);
    assertThat(String.join(",", world.endpoints("a-ipv6"))).isEqualTo(slice6);
    pass(3);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5");
  }

  @Test
  void aRestartChangesNothing() {
    running(checked("a"));
    world.answers.put("10.0.0.6", REFUSED);
    pass(4);
    world.api.forgetCalls();
    world.events.clear();

    world.restart();
    world.settle();
    pass(30);

    assertThat(world.api.writes()).isEmpty();
    assertThat(world.events).isEmpty();
    assertThat(world.probed).contains("10.0.0.5", "10.0.0.6");
  }

  @Test
  void aRestartBetweenSliceAndStatusDoesNotFlap() {
    running(checked("a"));
    // The slice was written, the status was not.
    world.api.patch(
        CoreTypes.ENDPOINT_SLICE,
        key("a"),
        new Patch.Merge(
            JsonParser.parseString(
                    "{\"endpoints\": "
                        + world
                            .store
                            .getJson(CoreTypes.ENDPOINT_SLICE, key("a"))
                            .orElseThrow()
                            .get("endpoints")
                            .toString()
                            .replaceFirst("\"ready\":true", "\"ready\":false,\"serving\":false")
                        + "}")
                .getAsJsonObject(),
            ""));
    world.answers.put("10.0.0.5", REFUSED);
    world.restart();
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5 not ready", "10.0.0.6");
    pass(3);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5 not ready", "10.0.0.6");
    assertThat(backend("vm-1").getReason()).isEqualTo("ConnectionRefused");
  }

  @Test
  void switchingTheCheckOnTakesNobodyOutOfService() {
    LoadBalancer object = machines("a");
    running(object);
    patch("{\"spec\": {\"healthCheck\": {\"port\": 8080}}}");
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");
    world.answers.put("10.0.0.6", REFUSED);
    pass(3);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6 not ready");

    patch("{\"spec\": {\"healthCheck\": null}}");
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");
    world.probed.clear();
    pass(5);
    assertThat(world.probed).isEmpty();
  }

  @Test
  void familiesAreCheckedEachForItself() {
    world.pool("six", "2001:db8::/64");
    world.machine("vm-1", "10.0.0.5", "2001:db8:1::5");
    world.machine("vm-2", "10.0.0.6", "2001:db8:1::6");
    LoadBalancer object = checked("a");
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    world.answers.put("2001:db8:1::5", REFUSED);
    world.create(object);
    world.settle();
    pass(4);

    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");
    assertThat(world.endpoints("a-ipv6"))
        .containsExactly("2001:db8:1::5 not ready", "2001:db8:1::6");
  }

  @Test
  void nobodyIsAskedInAFamilyThatNobodyComesIn() {
    world.machine("vm-1", "10.0.0.5", "2001:db8:1::5");
    world.create(checked("a"));
    world.settle();
    pass(3);
    assertThat(world.probed).contains("10.0.0.5").doesNotContain("2001:db8:1::5");

    world.announce("a", "192.0.2.2");
    world.answers.put("10.0.0.5", REFUSED);
    pass(4);
    assertThat(world.ready("a").getReason()).isEqualTo("NoHealthyBackend");
  }

  @Test
  void nodesWithoutAPodOfALocalServiceGetNoTraffic() {
    world.machine("node-1", "10.0.0.5");
    world.machine("node-2", "10.0.0.6");
    LoadBalancer object = World.cluster("a");
    object.getMetadata().putAnnotationsItem("thresher.dev/placement", "host");
    object.getMetadata().putAnnotationsItem("thresher.dev/health-check-path", "/healthz");
    object
        .getSpec()
        .placement("host")
        .addListenersItem(new Listener().port(80).protocol("TCP").backendPort(30080))
        .putBackendServerSelectorItem("app", List.of("web"))
        .healthCheck(new HealthCheck().port(31234));
    world.answers.put("10.0.0.6", SICK);
    world.create(object);
    world.settle();
    pass(4);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6 not ready");
  }

  @Test
  void whoIsOnlyToBeReachedTakesPartUntilItCannotBe() {
    world.machine("vm-1", "10.0.0.5");
    world.machine("vm-2", "10.0.0.6");
    LoadBalancer object = checked("a");
    object.getSpec().getHealthCheck().type("REACH").whenAllDown("all-open");
    world.create(object);
    world.settle();
    world.announce("a", "192.0.2.2");
    world.settle();
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");
    assertThat(world.ready("a").getReason()).isEqualTo("Answering");
    world.api.forgetCalls();
    pass(30);
    assertThat(world.api.writes()).as("who passes is not written about").isEmpty();

    world.answers.put("10.0.0.6", NO_ROUTE);
    pass(4);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6 not ready");
    world.answers.put("10.0.0.5", NO_ROUTE);
    pass(4);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");
    assertThat(world.ready("a").getReason()).isEqualTo("BackendsUnreachable");
    assertThat(world.ready("a").getMessage())
        .contains("give the hosts an address or a route", "vm-1 NoRoute, vm-2 NoRoute");
    world.restart();
    pass(1);
    assertThat(backend("vm-1").getReason()).as("known after a restart").isEqualTo("NoRoute");
    world.answers.clear();
    pass(4);
    assertThat(world.ready("a").getReason()).isEqualTo("Answering");
  }

  @Test
  void aMachineThatLeavesKeepsItsClientsIfItAnswers() {
    running(checked("a"));
    world.answers.put("10.0.0.6", REFUSED);
    pass(3);
    leaving("vm-1", "10.0.0.5");
    leaving("vm-2", "10.0.0.6");
    world.settle();

    var endpoints = world.slice("a").getEndpoints();
    assertThat(endpoints)
        .extracting(endpoint -> endpoint.getAddresses().get(0))
        .containsExactly("10.0.0.5", "10.0.0.6");
    assertThat(endpoints)
        .extracting(endpoint -> endpoint.getConditions().getTerminating())
        .containsExactly(true, true);
    assertThat(endpoints)
        .extracting(endpoint -> endpoint.getConditions().getServing())
        .containsExactly(true, false);
    assertThat(world.events).contains("NORMAL a BackendLeft");
  }

  private void leaving(String name, String address) {
    VirtualMachineInstance instance = World.instance(name, "web", address);
    instance.getMetadata().addFinalizersItem("test");
    world.store.put(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, instance);
    world.api.delete(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, key(name), Precondition.NONE);
  }

  @Test
  void aCheckThatMakesNoSenseIsSaid() {
    LoadBalancer object = checked("a");
    object.getSpec().getHealthCheck().type("HTTP").path("no slash");
    world.create(object);
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
    assertThat(world.ready("a").getMessage()).contains("spec.healthCheck.path", "no slash");
  }

  /// Stored while no webhook was there to refuse it.
  @Test
  void whoIsBehindIsFollowedThoughSomethingElseMakesNoSense() {
    running(checked("a"));
    String ports = world.slice("a").getPorts().toString();
    patch(
        """
        {"metadata": {"annotations": {"thresher.dev/ip-families": "ipv4"}},
         "spec": {"listeners": [
           {"name": "other", "port": 80, "protocol": "TCP", "backendPort": 8080}]}}
        """);
    world.settle();
    String said = world.ready("a").getMessage();
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");

    world.answers.put("10.0.0.5", SICK);
    world.machine("vm-3", "10.0.0.7");
    pass(5);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5 not ready", "10.0.0.6", "10.0.0.7");
    assertThat(backend("vm-1").getReason()).isEqualTo("UnexpectedStatus");
    assertThat(backend("vm-3").getReady()).isTrue();
    world.store.drop(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, key("vm-2"));
    pass(1);
    world.restart();
    pass(5);

    assertThat(world.endpoints("a")).containsExactly("10.0.0.5 not ready", "10.0.0.7");
    assertThat(world.slice("a").getPorts()).hasToString(ports);
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
    assertThat(world.ready("a").getMessage()).isEqualTo(said).contains("ipv4");
    patch("{\"metadata\": {\"annotations\": {\"thresher.dev/ip-families\": null}}}");
    world.settle();
    assertThat(world.ready("a").getStatus()).isEqualTo("True");
    assertThat(world.slice("a").getPorts()).asString().contains("other");
  }

  @Test
  void theLastCheckThatMadeSenseGoesOnUntilTheNextOneDoes() {
    running(checked("a"));
    patch("{\"spec\": {\"healthCheck\": {\"type\": \"HTTP\", \"path\": \"no slash\"}}}");
    world.answers.put("10.0.0.5", SICK);
    pass(5);
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5 not ready", "10.0.0.6");

    // Which check that was no new process knows: nobody comes back or goes for want of one.
    world.answers.clear();
    world.restart();
    pass(5);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5 not ready", "10.0.0.6");
    world.store.drop(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, key("vm-2"));
    pass(1);
    assertThat(world.endpoints("a"))
        .doesNotContain("10.0.0.6", "10.0.0.5")
        .contains("10.0.0.5 not ready");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "10.0.0.5,x"})
  void machinesThatAreGoneLeaveThoughNobodyKnowsWhereTheOthersAreReached(String addresses) {
    running(machines("a"));
    patch(
        "{\"metadata\": {\"annotations\": {\"thresher.dev/backend-addresses\": \""
            + addresses
            + "\"}}}");
    world.machine("vm-3", "10.0.0.7");
    pass(1);
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
    assertThat(world.endpoints("a")).containsExactly("10.0.0.5", "10.0.0.6");

    world.store.drop(KubeVirtTypes.VIRTUAL_MACHINE_INSTANCE, key("vm-1"));
    pass(1);
    assertThat(world.endpoints("a")).containsExactly("10.0.0.6");
    // The address is answered still, and stays this one's.
    assertThat(world.claims()).containsExactly(Map.entry("192.0.2.2", "vms/a"));
  }

  @Test
  void anAddressThatIsStillAnsweredIsNotFreeThoughTheRestMakesNoSense() {
    running(machines("a"));
    world.pool("other", "198.51.100.0/24");
    patch("{\"spec\": {\"ipPool\": \"other\"}}");
    world.settle();
    patch("{\"metadata\": {\"annotations\": {\"thresher.dev/ip-families\": \"ipv4\"}}}");
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
    assertThat(world.claims()).containsOnlyKeys("192.0.2.2", "198.51.100.2");

    world.announce("a", "198.51.100.2");
    world.settle();
    assertThat(world.claims()).containsOnlyKeys("198.51.100.2");
  }

  @Test
  void nobodyIsAskedForALoadBalancerThatIsGone() {
    running(checked("a"));
    world.delete("a");
    pass(1);
    world.probed.clear();
    pass(5);
    assertThat(world.probed).isEmpty();
    assertThat(world.control().checkedBackends()).isEmpty();
    assertThat(world.exists("a")).isFalse();
    assertThat(world.has(CoreTypes.SERVICE, ObjectKey.of(World.NS, "a").name())).isFalse();
  }
}
