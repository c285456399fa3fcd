package dev.thresher.loadbalancer.reconcile;

import static dev.thresher.loadbalancer.reconcile.World.key;
import static dev.thresher.loadbalancer.reconcile.World.machines;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.api.CoreTypes;
import dev.thresher.api.ResourceType;
import dev.thresher.api.address.IpAddress;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.loadbalancer.LoadBalancerTypes;
import dev.thresher.loadbalancer.ipam.Owner;
import dev.thresher.runtime.patch.Patch;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A load balancer that serves and was made invalid past the webhook: what stands on the host is
/// kept up against others.
final class LastGoodTest {

  private static final IpAddress FOUR = IpAddress.parse("192.0.2.2");
  private static final IpAddress SIX = IpAddress.parse("2001:db8::2");

  private final World world = new World();

  @BeforeEach
  void serves() {
    world.pool("four", "192.0.2.0/24");
    world.pool("six", "2001:db8::/64");
    world.machine("vm-1", "10.0.0.5", "2001:db8:1::5");
    LoadBalancer object = machines("a");
    object.getSpec().ipFamilyPolicy("RequireDualStack");
    world.create(object);
    world.settle();
  }

  private void patch(ResourceType<?> type, String name, String json) {
    world.api.patch(
        type, key(name), new Patch.Merge(JsonParser.parseString(json).getAsJsonObject(), ""));
    world.settle();
  }

  /// Another port, and a name that no port can have.
  private void makeInvalid() {
    patch(
        LoadBalancerTypes.LOAD_BALANCER,
        "a",
        """
        {"spec": {"listeners": [
          {"name": "Not a name", "port": 81, "protocol": "TCP", "backendPort": 8081}]}}\
        """);
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
  }

  private JsonObject stored(ResourceType<?> type, String name) {
    JsonObject object = world.store.getJson(type, key(name)).orElseThrow();
    for (String field : List.of("resourceVersion", "generation")) {
      object.getAsJsonObject("metadata").remove(field);
    }
    return object;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "service | a | {\"spec\": {\"ports\": [{\"port\": 99, \"protocol\": \"TCP\"}]}}",
        "service | a | {\"spec\": {\"loadBalancerIP\": \"192.0.2.99\"}}",
        "service | a | {\"spec\": {\"type\": \"ClusterIP\"}}",
        "service | a | {\"metadata\": {\"labels\": null, \"ownerReferences\": null}}",
        "service | a | {\"metadata\": {\"annotations\": null}}",
        "slice | a | {\"endpoints\": []}",
        "slice | a | {\"ports\": [{\"name\": \"http\", \"port\": 99, \"protocol\": \"TCP\"}]}",
        "slice | a-ipv6 | {\"metadata\": {\"labels\": null}}",
      })
  void aForeignEditIsHealed(String kind, String name, String edit) {
    ResourceType<?> type = kind.equals("service") ? CoreTypes.SERVICE : CoreTypes.ENDPOINT_SLICE;
    makeInvalid();
    JsonObject before = stored(type, name);
    patch(type, name, edit);
    assertThat(stored(type, name)).isEqualTo(before);
  }

  @Test
  void whatOthersDeleteIsMadeAgain() {
    makeInvalid();
    Map<ResourceType<?>, String> all =
        Map.of(CoreTypes.SERVICE, "a", CoreTypes.ENDPOINT_SLICE, "a-ipv6");
    all.forEach((type, name) -> {
      world.store.drop(type, key(name));
      world.settle();
      assertThat(world.has(CoreTypes.SERVICE, "a")).isTrue();
      assertThat(world.has(CoreTypes.ENDPOINT_SLICE, "a-ipv6")).isTrue();
    });
    assertThat(world.service("a").getSpec().getPorts().getFirst().getPort()).isEqualTo(80);
    assertThat(world.service("a").getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
    assertThat(world.endpoints("a-ipv6")).containsExactly("2001:db8:1::5");
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
  }

  @Test
  void nothingIsWrittenWhileNobodyInterferes() {
    makeInvalid();
    world.api.forgetCalls();
    world.pass(Duration.ofSeconds(5));
    world.machine("vm-2", "10.0.0.6");
    world.settle();
    assertThat(world.endpoints("a")).as("who comes is let in").hasSize(2);
    assertThat(world.api.writes())
        .extracting(call -> call.resource())
        .containsOnly(
            CoreTypes.ENDPOINT_SLICE.resource(), LoadBalancerTypes.LOAD_BALANCER.resource());
  }

  /// Nobody announces the addresses at the moment, and only one is asked for now.
  @Test
  void whatTheServiceAsksForIsNotFree() {
    patch(
        LoadBalancerTypes.LOAD_BALANCER,
        "a",
        """
        {"spec": {"ipFamilyPolicy": "SingleStack", "listeners": [
          {"name": "Not a name", "port": 80, "protocol": "TCP", "backendPort": 8080}]}}\
        """);
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");
    assertThat(world.claims()).containsOnlyKeys("192.0.2.2", "2001:db8::2");

    world.store.drop(CoreTypes.SERVICE, key("a"));
    world.settle();
    assertThat(world.service("a").getSpec().getIpFamilies()).containsExactly("IPv4", "IPv6");
  }

  @Test
  void aStrangerWithTheNameIsLeftAloneAndWaitedFor() {
    makeInvalid();
    world.informers().pause();
    world.store.drop(CoreTypes.SERVICE, key("a"));
    world.store.put(
        CoreTypes.SERVICE,
        new V1Service()
            .metadata(new V1ObjectMeta().namespace(World.NS).name("a"))
            .spec(new V1ServiceSpec().type("ClusterIP")));
    world.informers().resume();
    world.settle();
    assertThat(world.service("a").getSpec().getType()).isEqualTo("ClusterIP");
    assertThat(world.failures).containsKey(key("a"));

    world.store.drop(CoreTypes.SERVICE, key("a"));
    world.retryFailures();
    world.settle();
    assertThat(world.service("a").getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
  }

  /// A process that never saw the object make sense does not guess.
  @Test
  void anotherProcessKeepsWhatStands() {
    makeInvalid();
    world.restart();
    world.settle();
    JsonObject before = stored(CoreTypes.SERVICE, "a");
    world.settle();
    assertThat(stored(CoreTypes.SERVICE, "a")).isEqualTo(before);

    world.store.drop(CoreTypes.SERVICE, key("a"));
    world.settle();
    assertThat(world.has(CoreTypes.SERVICE, "a")).isFalse();
    assertThat(world.ready("a").getReason()).isEqualTo("Invalid");

    patch(
        LoadBalancerTypes.LOAD_BALANCER,
        "a",
        "{\"spec\": {\"listeners\": [{\"name\": \"http\", \"port\": 80, \"protocol\": \"TCP\","
            + " \"backendPort\": 8080}]}}");
    assertThat(world.service("a").getSpec().getLoadBalancerIP()).isEqualTo("192.0.2.2");
  }

  @Test
  void isKnownOnlyForTheObjectThatHasTheAddresses() {
    var lastGood = new LastGood();
    LoadBalancer object = machines("a");
    object.getMetadata().uid("one");
    Wish wish = Wish.of(object);
    assertThat(lastGood.of(wish, List.of(FOUR, SIX))).isEmpty();

    lastGood.note(wish, List.of(FOUR, SIX));
    assertThat(lastGood.of(wish, List.of(SIX, FOUR)))
        .contains(new LastGood.Asked(wish, List.of(FOUR, SIX)));
    assertThat(lastGood.of(wish, List.of(FOUR))).as("one may be another's now").isEmpty();

    object.getMetadata().uid("two");
    assertThat(lastGood.of(Wish.of(object), List.of(FOUR, SIX))).as("made again").isEmpty();

    lastGood.forget(new Owner(World.NS, "a"));
    assertThat(lastGood.of(wish, List.of(FOUR, SIX))).isEmpty();
  }
}
