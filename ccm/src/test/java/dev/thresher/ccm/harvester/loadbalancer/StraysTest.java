package dev.thresher.ccm.harvester.loadbalancer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thresher.api.ObjectKey;
import dev.thresher.api.json.LenientJson;
import dev.thresher.api.loadbalancer.LoadBalancer;
import dev.thresher.api.names.LoadBalancerName;
import dev.thresher.ccm.harvester.loadbalancer.Strays.Kind;
import dev.thresher.ccm.harvester.loadbalancer.Strays.Stray;
import io.kubernetes.client.openapi.models.V1ObjectMeta;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceSpec;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StraysTest {

  private static final String OURS = "guest-1";

  private final Map<ObjectKey, V1Service> services = new HashMap<>();

  private V1Service service(String uid) {
    V1Service service =
        new V1Service()
            .metadata(new V1ObjectMeta().namespace("default").name("web").uid(uid))
            .spec(new V1ServiceSpec().type("LoadBalancer"));
    services.put(ObjectKey.of(service), service);
    return service;
  }

  /// @param guest the guest that it records, empty for an object of Harvester's cloud provider
  private static LoadBalancer balancer(String cluster, String serviceUid, String guest) {
    String name = LoadBalancerName.of(cluster, "default", "web", serviceUid);
    String annotations =
        guest.isEmpty()
            ? "{}"
            : """
            {"thresher.dev/service-uid": "%s", "thresher.dev/guest-cluster-uid": "%s"}
            """
                .formatted(serviceUid, guest);
    return LenientJson.gson()
        .fromJson(
            """
            {"metadata": {"name": "%s", "namespace": "vms", "uid": "lb-%s",
              "labels": {
                "cloudprovider.harvesterhci.io/cluster": "%s",
                "cloudprovider.harvesterhci.io/serviceNamespace": "default",
                "cloudprovider.harvesterhci.io/serviceName": "web"},
              "annotations": %s},
             "status": {"allocatedAddress": {"ip": "192.0.2.1"}}}
            """
                .formatted(name, name, cluster, annotations),
            LoadBalancer.class);
  }

  private Strays among(LoadBalancer... balancers) {
    return Strays.among(
        List.of(balancers), "gc1", OURS, key -> Optional.ofNullable(services.get(key)));
  }

  private void assertNone(LoadBalancer... balancers) {
    assertThat(among(balancers)).isEqualTo(new Strays(List.of(), Map.of()));
  }

  @Test
  void anObjectOfALivingServiceIsNone() {
    service("u1");
    assertNone(balancer("gc1", "u1", OURS));
    assertNone(balancer("gc1", "u1", ""));
    assertNone(balancer("kubernetes", "u1", ""));
    // Another guest's mark on an object of a Service of ours: restored from a backup.
    assertNone(balancer("gc1", "u1", "guest-0"));
  }

  @Test
  void anObjectWhoseServiceIsGoneIsAnOrphan() {
    assertThat(among(balancer("gc1", "u1", OURS)).strays())
        .singleElement()
        .satisfies(stray -> {
          assertThat(stray.kind()).isEqualTo(Kind.ORPHAN);
          assertThat(stray.recorded()).isTrue();
          assertThat(stray.service()).isEqualTo(ObjectKey.of("default", "web"));
          assertThat(stray.addresses()).containsExactly("192.0.2.1");
        });
    assertThat(among(balancer("gc1", "u1", "")).strays())
        .singleElement()
        .satisfies(stray -> assertThat(stray.recorded()).isFalse());
    // Made before the cluster got its name.
    assertThat(among(balancer("kubernetes", "u1", OURS)).strays()).hasSize(1);
  }

  @Test
  void anObjectOfAnEarlierServiceOfTheNameIsAnOrphan() {
    service("u2");
    assertThat(among(balancer("gc1", "u1", OURS), balancer("gc1", "u2", OURS)).strays())
        .extracting(Stray::uid)
        .containsExactly("lb-" + LoadBalancerName.of("gc1", "default", "web", "u1"));
  }

  @Test
  void aServiceThatIsNoBalancerAnyMoreKeepsItsObjectWhileItHasTheFinalizer() {
    V1Service service = service("u1");
    service.getSpec().type("ClusterIP");
    assertThat(among(balancer("gc1", "u1", OURS)).strays()).hasSize(1);
    service.getMetadata().finalizers(List.of("service.kubernetes.io/load-balancer-cleanup"));
    assertNone(balancer("gc1", "u1", OURS));
  }

  @Test
  void whatAnotherGuestMadeUnderTheSameNameIsForeign() {
    Strays strays = among(balancer("gc1", "u9", "guest-2"));
    assertThat(strays.strays()).isEmpty();
    assertThat(strays.foreign())
        .isEqualTo(Map.of("guest-2", List.of(LoadBalancerName.of("gc1", "default", "web", "u9"))));
  }

  @Test
  void whatAnotherClusterMadeIsNone() {
    assertNone(balancer("gc2", "u1", ""), balancer("gc2", "u2", "guest-2"));
  }

  @Test
  void aSecondObjectOfAServiceIsADuplicate() {
    service("u1");
    assertThat(among(balancer("gc1", "u1", OURS), balancer("kubernetes", "u1", "")).strays())
        .singleElement()
        .satisfies(stray -> assertThat(stray.kind()).isEqualTo(Kind.DUPLICATE));
  }

  @Test
  void anObjectThatIsBeingDeletedIsNone() {
    LoadBalancer balancer = balancer("gc1", "u1", OURS);
    balancer.getMetadata().deletionTimestamp(OffsetDateTime.parse("2026-01-01T00:00:00Z"));
    assertNone(balancer);
  }
}
