package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.key;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.ResourceType;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.api.names.ThresherNames;
import dev.thresher.runtime.client.ForwardingKubeApi;
import dev.thresher.runtime.client.KubeApi;
import dev.thresher.runtime.client.KubeApiException.Reason;
import dev.thresher.runtime.client.Precondition;
import dev.thresher.runtime.fake.FakeKubeApi;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.common.KubernetesObject;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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

  /// As the API server does, which lets nobody change the first family of a Service.
  private static final class Strict extends ForwardingKubeApi {

    private final KubeApi api;

    Strict(KubeApi api) {
      super(api);
      this.api = api;
    }

    @Override
    public <T extends KubernetesObject> Optional<T> patch(
        ResourceType<T> type, ObjectKey key, Patch patch) {
      if (type.equals(CoreTypes.SERVICE)
          && patch instanceof Patch.Merge merge
          && !first(merge.appliedTo(api.getJson(type, key).orElseThrow()))
              .equals(first(api.getJson(type, key).orElseThrow()))) {
        throw FakeKubeApi.exception(Reason.INVALID, "primary ipFamily can not be changed");
      }
      return super.patch(type, key, patch);
    }

    private static String first(JsonObject service) {
      return service.getAsJsonObject("spec").getAsJsonArray("ipFamilies").get(0).getAsString();
    }

    @Override
    public KubeApi fenced(BooleanSupplier mayWrite) {
      return this;
    }

    @Override
    public KubeApi urgent() {
      return this;
    }
  }

  private LoadBalancer inFamilies(String families, String policy) {
    world.restart(new Strict(world.api));
    world.pool("six", "2001:db8::/64");
    LoadBalancer object = machines("a");
    object.getMetadata().putAnnotationsItem(ThresherNames.IP_FAMILIES, families);
    object.getSpec().ipFamilyPolicy(policy);
    world.create(object);
    world.settle();
    return object;
  }

  /// The order of the addresses changes, or a family is put before the one there is.
  @ParameterizedTest(name = "{0}, then {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "IPv4,IPv6 | IPv6,IPv4 | RequireDualStack",
        "IPv6,IPv4 | IPv4,IPv6 | RequireDualStack",
        "IPv4      | IPv6,IPv4 | SingleStack",
        "IPv6      | IPv4,IPv6 | SingleStack",
      })
  void theFirstFamilyOfTheServiceStaysFirst(String before, String after, String policy) {
    LoadBalancer object = inFamilies(before, policy);
    patch(
        object,
        """
        {"metadata": {"annotations": {"thresher.dev/ip-families": "%s"}},
         "spec": {"ipFamilyPolicy": "RequireDualStack", "listeners": [
           {"name": "web", "port": 81, "protocol": "TCP", "backendPort": 8080}]}}
        """
            .formatted(after));
    world.settle();

    assertThat(world.ready("a").getReason()).isEqualTo("AddressNotAnnounced");
    var spec = world.service("a").getSpec();
    String first = before.substring(0, 4);
    assertThat(spec.getIpFamilies()).containsExactly(first, first.equals("IPv4") ? "IPv6" : "IPv4");
    assertThat(spec.getLoadBalancerIP())
        .isEqualTo(after.startsWith("IPv4") ? "192.0.2.2" : "2001:db8::2");
    assertThat(spec.getPorts().getFirst().getPort()).isEqualTo(81);
    world.api.forgetCalls();
    world.restart(new Strict(world.api));
    world.settle();
    assertThat(world.api.writes()).isEmpty();
  }

  @Test
  void aServiceWhoseFirstFamilyIsToGoIsMadeAnewByAPerson() {
    LoadBalancer object = inFamilies("IPv4", "SingleStack");
    patch(object, "{\"metadata\": {\"annotations\": {\"thresher.dev/ip-families\": \"IPv6\"}}}");
    world.settle();
    assertThat(world.ready("a").getReason()).isEqualTo("ServiceRefused");
    assertThat(world.ready("a").getMessage())
        .contains("primary ipFamily can not be changed")
        .endsWith("kubectl -n vms delete service a");
    assertThat(world.claims()).containsOnlyKeys("192.0.2.2", "2001:db8::2");

    world.api.delete(CoreTypes.SERVICE, key("a"), Precondition.NONE);
    world.settle();
    assertThat(world.service("a").getSpec().getIpFamilies()).containsExactly("IPv6");
    assertThat(world.claims()).containsOnlyKeys("2001:db8::2");
  }
}
