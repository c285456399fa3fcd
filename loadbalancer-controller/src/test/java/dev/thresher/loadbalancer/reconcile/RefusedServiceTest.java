package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.key;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.patch.Patch;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Host Services that the API server does not take as they are to be.
final class RefusedServiceTest {

  private final World world = new World();

  @BeforeEach
  void scene() {
    world.pool("pool", "192.0.2.0/24");
    world.machine("vm-1", "10.0.0.5");
  }

  private void patch(LoadBalancer object, String json) {
    world.api.patch(
        LoadBalancerTypes.LOAD_BALANCER,
        key(object.getMetadata().getName()),
        new Patch.Merge(JsonParser.parseString(json).getAsJsonObject(), ""));
  }

  private void refuse(String call) {
    world.api.fault(made ->
        made.toString().equals(call)
            ? Optional.of(FakeKubeApi.exception(Reason.INVALID, "no such thing"))
            : Optional.empty());
  }

  /// Announced or not: what the Service asks for may be answered at any moment.
  @ParameterizedTest(name = "{0} of {1}")
  @CsvSource({
    "patch services vms/a, 192.0.2.2",
    "patch services vms/a, ''",
    "patch endpointslices.discovery.k8s.io vms/a, ''",
  })
  void anAddressIsNotFreeWhileTheServiceThatHasItCannotBeChanged(String call, String announced) {
    LoadBalancer object = machines("a");
    world.create(object);
    world.settle();
    if (!announced.isEmpty()) {
      world.announce("a", announced);
    }
    world.settle();
    world.pool("other", "198.51.100.0/24");
    refuse(call);
    // A new name of the port changes slice and Service, whatever the address is.
    patch(
        object,
        """
        {"spec": {"ipPool": "other", "listeners": [
          {"name": "web", "port": 80, "protocol": "TCP", "backendPort": 8080}]}}
        """);
    world.settle();

    assertThat(world.ready("a").getReason()).endsWith("Refused");
    assertThat(world.service("a").getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
    assertThat(world.claims()).isEqualTo(Map.of("192.0.2.2", "vms/a", "198.51.100.2", "vms/a"));
    assertThat(world.failures).isNotEmpty();

    world.api.noFaults();
    world.retryFailures();
    world.settle();
    world.announce("a", "198.51.100.2");
    world.settle();
    assertThat(world.claims()).containsExactly(Map.entry("198.51.100.2", "vms/a"));
  }
}
