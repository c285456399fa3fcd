package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.key;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ResourceType;
import dev.thresher.api.loadbalancer.Listener;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a load balancer for machines may say of the host Service, and a person as well: what the
/// load balancer says counts as long as it says it, and what a person wrote stays otherwise.
final class HostServiceWishesTest {

  private final World world = new World();

  @BeforeEach
  void scene() {
    world.pool("pool", "192.0.2.0/24");
    world.machine("vm-1", "10.0.0.5");
  }

  private void patch(ResourceType<? extends KubernetesObject> type, String json) {
    world.api.patch(
        type, key("a"), new Patch.Merge(JsonParser.parseString(json).getAsJsonObject(), ""));
    world.settle();
  }

  private String affinity() {
    var spec = Objects.requireNonNull(world.service("a").getSpec());
    var config = spec.getSessionAffinityConfig();
    return spec.getSessionAffinity()
        + (config == null || config.getClientIP() == null
            ? ""
            : " " + config.getClientIP().getTimeoutSeconds());
  }

  private List<String> sourceRanges() {
    return Objects.requireNonNullElse(
        Objects.requireNonNull(world.service("a").getSpec()).getLoadBalancerSourceRanges(),
        List.of());
  }

  @Test
  void clientsStayWithTheirBackEndAsLongAsThatIsSaid() {
    LoadBalancer object = machines("a");
    object.getSpec().sessionAffinity("ClientIP").sessionAffinitySeconds(600);
    world.create(object);
    world.settle();
    assertThat(affinity()).isEqualTo("ClientIP 600");

    patch(CoreTypes.SERVICE, "{\"spec\": {\"sessionAffinity\": \"None\"}}");
    assertThat(affinity()).as("healed").isEqualTo("ClientIP 600");

    patch(LoadBalancerTypes.LOAD_BALANCER, "{\"spec\": {\"sessionAffinitySeconds\": null}}");
    assertThat(affinity()).isEqualTo("ClientIP 10800");

    patch(LoadBalancerTypes.LOAD_BALANCER, "{\"spec\": {\"sessionAffinity\": null}}");
    assertThat(affinity()).isEqualTo("None");

    patch(CoreTypes.SERVICE, "{\"spec\": {\"sessionAffinity\": \"ClientIP\"}}");
    assertThat(affinity()).as("a person's own").startsWith("ClientIP");

    patch(LoadBalancerTypes.LOAD_BALANCER, "{\"spec\": {\"sessionAffinity\": \"None\"}}");
    assertThat(affinity()).isEqualTo("None");
  }

  @Test
  void whoMayComeIsSaidByTheLoadBalancerOrByAPerson() {
    world.create(machines("a"));
    world.settle();
    patch(CoreTypes.SERVICE, "{\"spec\": {\"loadBalancerSourceRanges\": [\"10.0.0.0/8\"]}}");
    assertThat(sourceRanges()).as("a person's own").containsExactly("10.0.0.0/8");

    patch(
        LoadBalancerTypes.LOAD_BALANCER,
        "{\"metadata\": {\"annotations\": {\"thresher.dev/source-ranges\": \"2001:db8::/32\"}}}");
    assertThat(sourceRanges()).containsExactly("2001:db8::/32");
    patch(CoreTypes.SERVICE, "{\"spec\": {\"loadBalancerSourceRanges\": [\"10.0.0.0/8\"]}}");
    assertThat(sourceRanges()).as("healed").containsExactly("2001:db8::/32");

    patch(
        LoadBalancerTypes.LOAD_BALANCER,
        "{\"metadata\": {\"annotations\": {\"thresher.dev/source-ranges\": null}}}");
    assertThat(sourceRanges()).as("open again").isEmpty();
    patch(CoreTypes.SERVICE, "{\"spec\": {\"loadBalancerSourceRanges\": [\"10.0.0.0/8\"]}}");
    assertThat(sourceRanges()).as("a person's own again").containsExactly("10.0.0.0/8");
  }

  /// Without its owner the API server would not delete it with the load balancer.
  @Test
  void anOwnerThatIsTakenAwayComesBack() {
    world.create(machines("a"));
    world.settle();
    for (ResourceType<? extends KubernetesObject> type :
        List.of(CoreTypes.SERVICE, CoreTypes.ENDPOINT_SLICE)) {
      patch(type, "{\"metadata\": {\"ownerReferences\": null}}");
      assertThat(world.store.get(type, key("a")).orElseThrow().getMetadata().getOwnerReferences())
          .as(type.kind())
          .hasSize(1)
          .allMatch(owner -> owner.getUid().equals(world.loadBalancer("a").getMetadata().getUid()));
    }
    assertThat(world.ready("a").getReason()).isEqualTo("AddressNotAnnounced");
  }

  @Test
  void aBackPortMayEqualItsFrontPortOrDiffer() {
    LoadBalancer object = machines("a");
    object
        .getSpec()
        .addListenersItem(new Listener().name("same").port(443).protocol("TCP").backendPort(443));
    world.create(object);
    world.settle();
    assertThat(Objects.requireNonNull(world.service("a").getSpec()).getPorts())
        .extracting(port -> port.getPort() + ">" + port.getTargetPort().getIntValue())
        .containsExactly("80>8080", "443>443");
    assertThat(world.slice("a").getPorts())
        .extracting(port -> port.getName() + " " + port.getPort())
        .containsExactly("http 8080", "same 443");
  }

  @Test
  void severalFrontPortsMayLeadToOneBackPort() {
    LoadBalancer object = machines("a");
    object
        .getSpec()
        .addListenersItem(
            new Listener().name("alternative").port(8000).protocol("TCP").backendPort(8080));
    world.create(object);
    world.settle();
    assertThat(Objects.requireNonNull(world.service("a").getSpec()).getPorts())
        .extracting(port -> port.getPort() + ">" + port.getTargetPort().getIntValue())
        .containsExactly("80>8080", "8000>8080");
    assertThat(world.slice("a").getPorts())
        .extracting(port -> port.getName() + " " + port.getPort())
        .containsExactly("http 8080", "alternative 8080");
  }
}
