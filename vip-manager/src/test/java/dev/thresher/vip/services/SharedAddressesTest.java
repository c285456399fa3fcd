package dev.thresher.vip.services;

import static dev.thresher.vip.services.Objects.withStatus;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.thresher.api.ObjectKey;
import dev.thresher.api.names.KubeVipNames;
import dev.thresher.api.names.OwnershipNames;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SharedAddressesTest {
  private static final String V4 = "10.0.0.100";
  private static final String V6 = "fd00::100";

  private final List<V1Service> services = new ArrayList<>();

  /// @param day of its birth; the lower the older
  private V1Service service(String key, int day, String protocol, int port) {
    List<String> parts = List.of(key.split("/", -1));
    V1Service service = Objects.service(parts.getLast(), V4 + "," + V6);
    service
        .getMetadata()
        .namespace(parts.getFirst())
        .creationTimestamp(OffsetDateTime.parse("2030-01-0" + day + "T00:00:00Z"));
    service.getSpec().ports(List.of(new V1ServicePort().port(port).protocol(protocol)));
    services.add(service);
    return service;
  }

  private static void share(V1Service service, String annotation, String value) {
    service.getMetadata().getAnnotations().put(annotation, value);
  }

  /// What each Service is left with, in the order in which they were made.
  private SortedMap<String, String> settled(boolean byAll) {
    Map<ObjectKey, V1Service> byKey =
        services.stream().collect(Collectors.toMap(ObjectKey::of, service -> service));
    List<ServiceReading> readings =
        services.stream()
            .map(service -> ServiceReader.read(service, ClassPolicy.DEFAULT, AddressRules.NONE))
            .toList();
    List<ServiceReading> settled = SharedAddresses.settled(readings, byKey, byAll);
    assertThat(settled)
        .extracting(ServiceReading::key)
        .isEqualTo(readings.stream().map(ServiceReading::key).toList());
    SortedMap<String, String> left = new TreeMap<>();
    for (ServiceReading reading : settled) {
      left.put(
          reading.key().toString(),
          switch (reading) {
            case ServiceReading.Asks asks ->
                asks.addresses().stream()
                        .map(InetAddresses::toAddrString)
                        .collect(Collectors.joining(" "))
                    + refusals(asks.refusals());
            case ServiceReading.Nothing nothing -> "nothing" + refusals(nothing.refusals());
            case ServiceReading.NotOurs notOurs -> notOurs.toString();
          });
    }
    return left;
  }

  private static String refusals(List<Refusal> refusals) {
    return refusals.stream()
        .map(refusal -> "; " + refusal.value() + " " + refusal.problem())
        .collect(Collectors.joining());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theOldestServiceKeepsAPortOfAnAddress(boolean byAll) {
    service("a/late", 2, "TCP", 80);
    service("a/early", 1, "TCP", 80);
    service("a/other", 3, "UDP", 80);
    assertThat(settled(byAll))
        .containsEntry("a/early", V4 + " " + V6)
        .containsEntry("a/other", V4 + " " + V6)
        .containsEntry(
            "a/late",
            "nothing; 10.0.0.100 has port 80/TCP for Service a/early, which came first;"
                + " fd00::100 has port 80/TCP for Service a/early, which came first");
  }

  /// The other family of the later one is its own.
  @Test
  void whatIsLeftIsWantedAsBefore() {
    V1Service early = service("a/early", 1, "TCP", 80);
    early.getMetadata().getAnnotations().put(KubeVipNames.LOAD_BALANCER_IPS, V4);
    V1Service late = service("a/late", 2, "TCP", 80);
    share(late, OwnershipNames.PREFERRED_NODES, "n2,n1");
    share(late, KubeVipNames.LEASE_NAME, "front");
    share(late, KubeVipNames.SERVICE_INTERFACE, "eth1");
    ServiceReading.Asks before =
        (ServiceReading.Asks) ServiceReader.read(late, ClassPolicy.DEFAULT, AddressRules.NONE);
    ServiceReading.Asks after =
        (ServiceReading.Asks)
            SharedAddresses.settled(
                    List.of(
                        before, ServiceReader.read(early, ClassPolicy.DEFAULT, AddressRules.NONE)),
                    Map.of(ObjectKey.of(early), early, ObjectKey.of(late), late),
                    true)
                .getFirst();
    assertThat(after.refusals()).hasSize(1);
    assertThat(after)
        .isEqualTo(before.only(List.of(Objects.ip(V6)), after.refusals()))
        .extracting(
            ServiceReading.Asks::preferredNodes,
            ServiceReading.Asks::lease,
            ServiceReading.Asks::interfaceName)
        .containsExactly(List.of("n2", "n1"), "front", "eth1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whoHasAnAddressKeepsItAgainstAnOlderServiceThatWritesItDown(boolean byAll) {
    service("b/thief", 1, "TCP", 80);
    withStatus(service("a/owner", 2, "TCP", 80), V4);
    assertThat(settled(byAll).get("a/owner"))
        .as("of the other one the thief is the older")
        .startsWith(V4 + "; " + V6 + " ");
    assertThat(settled(byAll).get("b/thief")).startsWith(V6 + "; " + V4 + " ");
  }

  @Test
  void otherNamespacesMayShareUnlessToldOtherwise() {
    service("a/web", 1, "TCP", 80);
    service("b/mail", 2, "TCP", 25);
    service("a/dns", 3, "UDP", 53);
    assertThat(settled(true).values()).containsOnly(V4 + " " + V6);
    assertThat(settled(false))
        .containsEntry("a/web", V4 + " " + V6)
        .containsEntry("a/dns", V4 + " " + V6)
        .containsEntry(
            "b/mail",
            "nothing; 10.0.0.100 is the address of Service a/web in another namespace;"
                + " fd00::100 is the address of Service a/web in another namespace");
  }

  @Test
  void whatIsRefusedHasNoPort() {
    service("a/web", 1, "TCP", 80);
    service("b/mail", 2, "TCP", 25);
    service("a/mail", 3, "TCP", 25);
    assertThat(settled(false)).containsEntry("a/mail", V4 + " " + V6);
  }

  @Test
  void theyMayIfBothSaySoOrOneHasItAlready() {
    share(service("a/web", 1, "TCP", 80), "metallb.io/allow-shared-ip", "front");
    share(service("b/mail", 2, "TCP", 25), "metallb.universe.tf/allow-shared-ip", "front");
    share(service("b/other", 3, "TCP", 26), "metallb.io/allow-shared-ip", "else");
    share(service("b/blank", 4, "TCP", 27), "metallb.io/allow-shared-ip", " ");
    withStatus(service("b/has", 5, "TCP", 28), V4, V6, "name.example");
    services.getFirst().setStatus(withStatus(Objects.service("x", null), V4, V6).getStatus());
    assertThat(settled(false))
        .containsEntry("a/web", V4 + " " + V6)
        .containsEntry("b/mail", V4 + " " + V6)
        .containsEntry("b/has", V4 + " " + V6);
    assertThat(settled(false).get("b/other")).startsWith("nothing");
    assertThat(settled(false).get("b/blank")).startsWith("nothing");
  }
}
