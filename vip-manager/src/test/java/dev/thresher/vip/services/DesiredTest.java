package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.ip;
import static dev.thresher.vip.services.Objects.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.vip.election.AddressGroup;
import io.kubernetes.client.openapi.models.V1Endpoint;
import io.kubernetes.client.openapi.models.V1EndpointConditions;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class DesiredTest {

  private static ServiceReading.Asks asks(String name, String... addresses) {
    return new ServiceReading.Asks(
        ObjectKey.of("default", name),
        Arrays.stream(addresses).map(Objects::ip).toList(),
        "",
        false,
        true,
        List.of(),
        List.of());
  }

  private static final EndpointView SOME = new EndpointView(true, Set.of("n1"));

  private static List<AddressGroup> groups(Desired desired) {
    return desired.groups().stream().map(Desired.Group::addresses).sorted().toList();
  }

  @Test
  void servicesThatShareAnAddressAreOneGroup() {
    Desired desired =
        Desired.of(
            List.of(
                asks("a", "10.0.0.1", "fd00::1"),
                asks("b", "10.0.0.1"),
                asks("c", "fd00::1", "fd00::2"),
                asks("d", "10.0.0.9")),
            key -> SOME,
            address -> false,
            true);
    assertThat(groups(desired))
        .containsExactly(
            AddressGroup.of(ip("10.0.0.1"), ip("fd00::1"), ip("fd00::2")),
            AddressGroup.of(ip("10.0.0.9")));
    assertThat(desired.services())
        .containsEntry(
            ip("fd00::1"), Set.of(ObjectKey.of("default", "a"), ObjectKey.of("default", "c")));
  }

  private static ServiceReading.Asks named(
      String namespace, String name, String lease, boolean local, String... addresses) {
    return new ServiceReading.Asks(
        ObjectKey.of(namespace, name),
        Arrays.stream(addresses).map(Objects::ip).toList(),
        "",
        local,
        true,
        List.of(),
        List.of(),
        lease);
  }

  @Test
  void servicesOfANamespaceThatNameOneLeaseAreOneGroup() {
    List<ServiceReading> readings =
        List.of(
            named("default", "a", "common", true, "10.0.0.1", "fd00::1"),
            named("default", "b", "common", true, "10.0.0.2"),
            asks("c", "10.0.0.2", "10.0.0.3"),
            named("default", "d", "other", false, "10.0.0.4"),
            named("elsewhere", "e", "common", false, "10.0.0.5"),
            asks("f", "10.0.0.6"));
    Function<ObjectKey, EndpointView> endpoints =
        key -> new EndpointView(true, Set.of("on-" + key.name()));
    Desired desired = Desired.of(readings, endpoints, address -> false, true);
    assertThat(groups(desired))
        .containsExactly(
            AddressGroup.of(ip("10.0.0.1"), ip("10.0.0.2"), ip("10.0.0.3"), ip("fd00::1")),
            AddressGroup.of(ip("10.0.0.4")),
            AddressGroup.of(ip("10.0.0.5")),
            AddressGroup.of(ip("10.0.0.6")));
    assertThat(desired.groups().getFirst().localTo())
        .containsExactlyInAnyOrder(Set.of("on-a"), Set.of("on-b"));
    assertThat(groups(Desired.of(readings, endpoints, address -> false, false)))
        .as("the right sees to it")
        .contains(AddressGroup.of(ip("10.0.0.1"), ip("fd00::1")));
  }

  @Test
  void anAddressWaitsForAnEndpointAndThenStays() {
    List<ServiceReading> one = List.of(asks("a", "10.0.0.1"));
    assertThat(Desired.of(one, key -> EndpointView.NONE, address -> false, true).groups())
        .isEmpty();
    assertThat(Desired.of(one, key -> SOME, address -> false, true).groups()).hasSize(1);
    assertThat(Desired.of(one, key -> EndpointView.NONE, address -> true, true).groups())
        .hasSize(1);
    ServiceReading patient =
        new ServiceReading.Asks(
            ObjectKey.of("default", "a"),
            List.of(ip("10.0.0.1")),
            "",
            false,
            false,
            List.of(),
            List.of());
    assertThat(
            Desired.of(List.of(patient), key -> EndpointView.NONE, address -> false, true).groups())
        .hasSize(1);
  }

  @Test
  void policyAndInterfaceOfEachServiceReachTheGroup() {
    ServiceReading local =
        new ServiceReading.Asks(
            ObjectKey.of("default", "a"),
            List.of(ip("10.0.0.1")),
            "eth1",
            true,
            true,
            List.of(),
            List.of());
    Desired desired =
        Desired.of(List.of(local, asks("b", "10.0.0.1")), key -> SOME, address -> false, true);
    assertThat(desired.groups()).hasSize(1);
    Desired.Group group = desired.groups().getFirst();
    assertThat(group.localTo()).containsExactly(Set.of("n1"));
    Map<InetAddress, String> interfaces = desired.interfaces();
    assertThat(interfaces).containsExactly(Map.entry(ip("10.0.0.1"), "eth1"));
  }

  private static ServiceReading.Asks prefers(String name, String... nodes) {
    return new ServiceReading.Asks(
        ObjectKey.of("default", name),
        List.of(ip("10.0.0.1")),
        "",
        false,
        true,
        List.of(nodes),
        List.of());
  }

  @Test
  void ofServicesThatShareAnAddressTheFirstByNameThatPrefersNodesDecides() {
    List<ServiceReading> readings =
        List.of(prefers("c", "n3"), prefers("b", "n2", "n1"), asks("a", "10.0.0.1"));
    for (List<ServiceReading> order : List.of(readings, readings.reversed())) {
      Desired desired = Desired.of(order, key -> SOME, address -> false, true);
      assertThat(desired.groups()).hasSize(1);
      Desired.Group group = desired.groups().getFirst();
      assertThat(group.preferredNodes()).containsExactly("n2", "n1");
      assertThat(group.wish(Map.of(), (address, wanted) -> false).preferredNodes())
          .containsExactly("n2", "n1");
    }
  }

  @Test
  void endpointsThatTerminateButServeCount() {
    var slice = slice("a", "n1", "n2", "n3");
    List<V1Endpoint> endpoints = java.util.Objects.requireNonNull(slice.getEndpoints());
    endpoints.get(0).setConditions(new V1EndpointConditions().ready(false).serving(true));
    endpoints.get(1).setConditions(new V1EndpointConditions().ready(false).serving(false));
    endpoints.get(2).setConditions(null);
    assertThat(EndpointView.of(List.of(slice)))
        .isEqualTo(new EndpointView(true, Set.of("n1", "n3")));
    assertThat(EndpointView.of(List.of(slice("a")))).isEqualTo(EndpointView.NONE);
  }
}
