package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.CoreTypes;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.api.net.NetTypes;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeKubeApi;
import io.kubernetes.client.openapi.models.V1Service;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Edits by which one port would stand twice at a shared address.
final class SharedPortsTest {

  private final World world = new World();

  @BeforeEach
  void scene() {
    world.pool("pool", "192.0.2.0/24");
    world.machine("vm-1", "10.0.0.5");
    create("web", 80);
    create("tls", 443);
    world.settle();
    world.announce("web", "192.0.2.2");
    world.announce("tls", "192.0.2.2");
    world.settle();
    assertThat(world.claims()).containsOnlyKeys("192.0.2.2").containsValue("vms/web");
    world.events.clear();
  }

  private void create(String name, int... ports) {
    LoadBalancer object = machines(name);
    object.getMetadata().putAnnotationsItem(ThresherNames.SHARE_GROUP, "together");
    object.getSpec().listeners(listeners(ports));
    world.create(object);
    world.timeline.advance(Duration.ofSeconds(1));
  }

  private static List<Listener> listeners(int... ports) {
    return Arrays.stream(ports)
        .mapToObj(port ->
            new Listener().name("p" + port).port(port).protocol("TCP").backendPort(8000 + port))
        .toList();
  }

  private void edit(String name, int... ports) {
    LoadBalancer object = world.loadBalancer(name);
    object.getSpec().listeners(listeners(ports));
    world.store.put(LoadBalancerTypes.LOAD_BALANCER, object);
  }

  private List<Integer> ports(String name) {
    return world.service(name).getSpec().getPorts().stream().map(port -> port.getPort()).toList();
  }

  private String ready(String name) {
    return world.ready(name).getReason();
  }

  private void assertBothAreFollowed() {
    world.machine("vm-2", "10.0.0.6");
    world.settle();
    for (String name : List.of("web", "tls")) {
      assertThat(world.endpoints(name)).as(name).containsExactly("10.0.0.5", "10.0.0.6");
      assertThat(world.allocated(name)).isEqualTo("192.0.2.2");
      assertThat(world.service(name).getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
    }
    assertThat(world.claims()).containsOnlyKeys("192.0.2.2").containsValue("vms/web");
  }

  /// The owner of the claim and the older one, or not: who has a port keeps it.
  @ParameterizedTest(name = "{0}, restart {4}")
  @CsvSource({
    "web, tls, 80, 443, false",
    "web, tls, 80, 443, true",
    "tls, web, 443, 80, false",
    "tls, web, 443, 80, true",
  })
  void whoHasAPortKeepsItAndWhoWantsItStaysAsItWas(
      String editor, String other, int own, int taken, boolean restart) {
    edit(editor, own, taken, 8080);
    if (restart) {
      world.restart();
    }
    world.settle();

    assertThat(ready(editor)).isEqualTo("PortClash");
    assertThat(world.ready(editor).getMessage())
        .isEqualTo(
            "port "
                + taken
                + "/TCP of 192.0.2.2 is that of vms/"
                + other
                + " of the same group \"together\"; change one of the two ports, until then the"
                + " host Service keeps those that it has");
    assertThat(ready(other)).isEqualTo("Answering");
    assertThat(ports(editor)).containsExactly(own);
    assertThat(ports(other)).containsExactly(taken);
    assertBothAreFollowed();
    assertThat(world.events).contains("WARNING " + editor + " PortClash");

    // The one that waits is looked at first, and again when the port is free.
    edit(editor, own, taken, 8081);
    edit(other, 9443);
    world.settle();
    assertThat(ready(editor)).isEqualTo("Answering");
    assertThat(ports(editor)).containsExactly(own, taken, 8081);
    assertThat(ports(other)).containsExactly(9443);
  }

  @Test
  void anEditThatIsTakenBackEndsIt() {
    edit("web", 80, 443);
    world.settle();
    edit("web", 80, 8443);
    world.settle();
    assertThat(ready("web")).isEqualTo("Answering");
    assertThat(ports("web")).containsExactly(80, 8443);
    assertThat(ports("tls")).containsExactly(443);
  }

  /// The one that had the port has gone on to another one, which is refused: its Service has the
  /// port still.
  @Test
  void aPortIsTakenAsLongAsAServiceHasIt() {
    create("dns", 53);
    world.settle();
    edit("tls", 80);
    world.settle();
    assertThat(ready("tls")).isEqualTo("PortClash");
    edit("dns", 53, 443);
    world.settle();
    assertThat(ready("dns")).isEqualTo("PortClash");
    assertThat(ports("tls")).containsExactly(443);
    assertThat(ports("dns")).containsExactly(53);

    edit("web", 81);
    world.settle();
    assertThat(ports("web")).containsExactly(81);
    assertThat(ports("tls")).containsExactly(80);
    assertThat(ports("dns")).containsExactly(53, 443);
  }

  /// The cache has not heard of what was written for the one when the other is looked at.
  @ParameterizedTest(name = "{0}")
  @CsvSource({"web, tls", "tls, web"})
  void ofTwoThatWantOnePortAtTheSameMomentOneHasIt(String first, String second) {
    edit(first, 8080);
    edit(second, 8080);
    world.informers().pause();
    for (String name : List.of(first, second)) {
      world.control().loadBalancerReconciler().reconcile(World.key(name));
    }
    assertThat(Stream.of("web", "tls").filter(name -> ports(name).contains(8080))).hasSize(1);
    world.informers().resume();
    world.settle();

    assertThat(ports("web")).as("the older one").containsExactly(8080);
    assertThat(ready("web")).isEqualTo("Answering");
    assertThat(ports("tls")).containsExactly(443);
    assertThat(ready("tls")).isEqualTo("PortClash");
  }

  /// It has been let in, and its Service is not written yet.
  @Test
  void whoWasLetInWithAPortHasItBeforeItsServiceHas() {
    world.api.fault(call ->
        call.toString().equals("patch services vms/tls")
            ? Optional.of(FakeKubeApi.exception(Reason.INVALID, "no free node port"))
            : Optional.empty());
    edit("tls", 443, 8080);
    world.settle();
    assertThat(ready("tls")).isEqualTo("ServiceRefused");
    edit("web", 8080);
    world.settle();
    assertThat(ready("web")).isEqualTo("PortClash");

    world.api.noFaults();
    world.retryFailures();
    world.settle();
    assertThat(ports("tls")).containsExactly(443, 8080);
    assertThat(ports("web")).containsExactly(80);
  }

  /// Whatever brought it about: nothing is taken from either.
  @Test
  void ofTwoThatHaveOnePortTheOlderOneIsRight() {
    V1Service service = world.service("tls");
    service.getSpec().getPorts().getFirst().port(80);
    world.store.put(CoreTypes.SERVICE, service);
    edit("tls", 80);
    world.restart();
    world.settle();

    assertThat(ready("web")).isEqualTo("Answering");
    assertThat(ready("tls")).isEqualTo("PortClash");
    assertBothAreFollowed();
  }

  /// One of which the status names an address that is another's by the claim.
  @Test
  void whoHasNoClaimIsFollowedAsLongAsItStands() {
    world.create(machines("alone"));
    world.settle();
    assertThat(world.allocated("alone")).isEqualTo("192.0.2.3");
    var claim =
        world.claimObjects().stream()
            .filter(one -> one.getSpec().getAddress().equals("192.0.2.3"))
            .findFirst()
            .orElseThrow();
    claim.getSpec().getOwner().name("stranger");
    world.store.put(NetTypes.ADDRESS_CLAIM, claim);
    world.restart();
    world.control().loadBalancerReconciler().reconcile(World.key("alone"));
    assertThat(ready("alone")).isEqualTo("AddressConflict");

    world.machine("vm-1", "10.0.0.55");
    world.control().loadBalancerReconciler().reconcile(World.key("alone"));
    assertThat(world.endpoints("alone")).containsExactly("10.0.0.55");
    assertThat(world.loadBalancer("alone").getStatus().getBackendServers())
        .containsExactly("10.0.0.55");
    assertThat(world.allocated("alone")).isEqualTo("192.0.2.3");
    assertThat(world.service("alone").getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.3");
  }
}
