package dev.thresher.e2e.ccm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Cloud;
import dev.thresher.e2e.cloud.GuestService;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.cloud.Placement;
import dev.thresher.e2e.cloud.Readiness;
import dev.thresher.e2e.lab.Attempt;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.Client;
import dev.thresher.e2e.lab.KubeApi;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.NeedsLab;
import dev.thresher.e2e.lab.Vm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What Kubernetes promises of Services and of objects that own others, with its own garbage
/// collector, namespace controller and kube-proxy, which know nothing of us.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubernetesSemanticsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String FINALIZER = "service.kubernetes.io/load-balancer-cleanup";
  private static final String ADDRESSES = "kube-vip.io/loadbalancerIPs";
  private static final String TEAM = "team";

  /// Collections in which an object of ours may own or be owned, in both clusters.
  private static final List<String> OWNING =
      List.of(
          "/apis/loadbalancer.harvesterhci.io/v1beta1/loadbalancers",
          "/apis/loadbalancer.harvesterhci.io/v1beta1/ippools",
          "/apis/net.thresher.dev/v1alpha1/addressclaims",
          "/api/v1/services",
          "/api/v1/configmaps",
          "/api/v1/nodes",
          "/api/v1/namespaces",
          "/apis/coordination.k8s.io/v1/leases",
          "/apis/discovery.k8s.io/v1/endpointslices",
          "/apis/kubevirt.io/v1/virtualmachines",
          "/apis/kubevirt.io/v1/virtualmachineinstances");

  private Lab lab;
  private Cloud cloud;
  private Client client;
  private HostObjects host;
  private KubeApi guest;

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(1).guest(Cloud.GUEST, g -> g.vms(2)).start();
    cloud = Cloud.start(lab, Placement.GUEST);
    client = lab.client("c1");
    host = new HostObjects(lab.host());
    guest = cloud.guest().api();
    for (Vm vm : lab.vms(Cloud.GUEST)) {
      vm.pod("web-" + vm.name(), Map.of("app", "web"));
    }
    Readiness.awaitAll(cloud, PATIENCE);
  }

  @AfterEach
  void awaitNothing() {
    Await.until("nothing to be left on the host", PATIENCE, () -> host.leftovers().isEmpty());
  }

  @AfterAll
  void end() {
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void aNamespaceEndsWhenItsBalancersAreGone() {
    List<GuestService> services =
        List.of(create(TEAM, "web"), create(TEAM, "web-2"), create(TEAM, "web-3"));
    services.forEach(this::awaitAddress);

    delete("/api/v1/namespaces/" + TEAM);
    Await.until("the namespace to be gone", PATIENCE, () -> namespace().isEmpty());
    assertThat(host.loadBalancers()).as("held up by the finalizer until now").isEmpty();
  }

  @Test
  void aNamespaceWaitsForACcmThatIsAway() {
    GuestService service = create(TEAM, "web");
    awaitAddress(service);
    cloud.process("ccm-1").stop(Duration.ofSeconds(15));

    delete("/api/v1/namespaces/" + TEAM);
    Await.until(
        "the namespace to say what it waits for",
        PATIENCE,
        () -> namespace().filter(ns -> ns.toString().contains(FINALIZER)).isPresent());
    assertThat(service.object()).isPresent();
    assertThat(host.loadBalancers()).hasSize(1);

    cloud.startAgain("ccm-1");
    Await.until("the namespace to be gone", PATIENCE, () -> namespace().isEmpty());
    assertThat(host.loadBalancers()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Foreground", "Background", "Orphan"})
  void everyWayOfDeletingEndsWithoutBalancer(String policy) {
    GuestService service = create("default", "web");
    String address = awaitAnswer(service);

    delete("/api/v1/namespaces/default/services/web?propagationPolicy=" + policy);
    Await.until("the Service to be gone", PATIENCE, () -> service.object().isEmpty());
    assertThat(host.loadBalancers()).as("held up by the finalizer until now").isEmpty();
    awaitSilence(address);
    Await.until(
        "its slices to be gone",
        PATIENCE,
        () ->
            guest
                .list(
                    "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
                        + "?labelSelector=kubernetes.io/service-name=web")
                .isEmpty());
  }

  @Test
  void aServiceThatIsOwnedGoesWithItsOwner() {
    JsonObject owner =
        guest.create(
            "/api/v1/namespaces/default/configmaps",
            json(
                """
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "release"}}
                """));
    GuestService service = create("default", "web");
    awaitAddress(service);
    guest.merge(
        "/api/v1/namespaces/default/services/web",
        json(
            """
            {"metadata": {"ownerReferences": [
              {"apiVersion": "v1", "kind": "ConfigMap", "name": "release", "uid": "%s",
               "blockOwnerDeletion": true, "controller": true}]}}
            """
                .formatted(HostObjects.text(owner, "metadata", "uid"))));

    delete("/api/v1/namespaces/default/configmaps/release?propagationPolicy=Foreground");
    Await.until("the Service to be gone", PATIENCE, () -> service.object().isEmpty());
    assertThat(host.loadBalancers()).isEmpty();
  }

  @Test
  void theCollectorFindsNothingOfOursToCollect() {
    GuestService held = create("default", "web");
    GuestService onHost =
        GuestService.create(
            cloud.guest(), TEAM, "web", List.of("IPv4"), Map.of("thresher.dev/placement", "host"));
    awaitAddress(held);
    Await.until(
        "Service and slice on the host",
        PATIENCE,
        () -> !host.services().isEmpty() && !host.slices().isEmpty());
    List<String> before = host.leftovers();

    for (KubeApi api : List.of(cloud.host().api(), guest)) {
      awaitPassOfTheCollector(api);
      // Slices of Services of before may still be going.
      Await.await("owners in the same namespace", () -> strangeOwners(api), List::isEmpty);
      assertThat(
              api.list("/api/v1/events").stream()
                  .filter(e -> HostObjects.text(e, "reason").equals("OwnerRefInvalidNamespace")))
          .isEmpty();
    }
    assertThat(host.leftovers()).containsAll(before);
    held.delete();
    onHost.delete();
    delete("/api/v1/namespaces/" + TEAM);
    Await.until("the namespace to be gone", PATIENCE, () -> namespace().isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ClusterIP", "NodePort"})
  void aChangeOfTypeTakesAllBackAndGivesItAgain(String type) {
    GuestService service = create("default", "web");
    String address = awaitAnswer(service);

    setType(type, "null");
    Await.until("the finalizer to be gone", PATIENCE, () -> !hasFinalizer(service));
    JsonObject plain = service.object().orElseThrow();
    assertThat(HostObjects.text(plain, "metadata", "annotations", ADDRESSES)).isEmpty();
    assertThat(host.loadBalancers()).isEmpty();
    Await.until("the status to be empty", PATIENCE, () -> service.addresses().isEmpty());
    awaitSilence(address);

    setType("LoadBalancer", "null");
    assertThat(awaitAnswer(service)).isEqualTo(address);
    service.delete();
  }

  @Test
  void aServiceOfAnotherClassIsNeverTouched() {
    JsonObject foreign =
        guest.create(
            "/api/v1/namespaces/default/services",
            json(
                """
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "foreign"},
                 "spec": {"type": "LoadBalancer", "loadBalancerClass": "example.org/other",
                          "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}}
                """));
    GuestService later = create("default", "web");
    awaitAddress(later);
    String path = "/api/v1/namespaces/default/services/foreign";
    assertThat(guest.get(path)).isEqualTo(foreign);
    assertThat(host.loadBalancers()).hasSize(1);
    delete(path);
    assertThat(guest.find(path)).as("nothing holds it up").isEmpty();

    // A balancer of ours that becomes one of theirs, on the only way that the API server allows.
    setType("ClusterIP", "null");
    Await.until("the finalizer to be gone", PATIENCE, () -> !hasFinalizer(later));
    setType("LoadBalancer", "\"example.org/other\"");
    GuestService last = create("default", "web-2");
    awaitAddress(last);
    assertThat(hasFinalizer(later)).isFalse();
    assertThat(host.loadBalancers()).hasSize(1);
    later.delete();
    last.delete();
  }

  private GuestService create(String namespace, String name) {
    return GuestService.create(cloud.guest(), namespace, name, List.of("IPv4"), Map.of());
  }

  /// The address that the VIP manager is told to hold; it holds none without a pod.
  private String awaitAddress(GuestService service) {
    return Await.value(
        "an address of " + service.name(),
        PATIENCE,
        () ->
            service
                .object()
                .map(o -> HostObjects.text(o, "metadata", "annotations", ADDRESSES))
                .filter(address -> !address.isEmpty()));
  }

  /// By way of the kube-proxies, to a pod.
  private String awaitAnswer(GuestService service) {
    String address =
        Await.value(
            "an address in the status of " + service.name(),
            PATIENCE,
            () -> service.addresses().stream().findFirst());
    Await.until("an answer at " + address, PATIENCE, () -> answers(address));
    return address;
  }

  private void awaitSilence(String address) {
    Await.until("silence at " + address, PATIENCE, () -> !answers(address));
  }

  private boolean answers(String address) {
    Attempt attempt = lab.http(client).get(GuestService.url(address), Duration.ofMillis(500));
    return attempt.ok() && String.valueOf(attempt.body()).contains("web-");
  }

  private Optional<JsonObject> namespace() {
    return guest.find("/api/v1/namespaces/" + TEAM);
  }

  private static boolean hasFinalizer(GuestService service) {
    return service.object().orElseThrow().get("metadata").toString().contains(FINALIZER);
  }

  private void setType(String type, String balancerClass) {
    guest.merge(
        "/api/v1/namespaces/default/services/web",
        json(
            "{\"spec\": {\"type\": \"%s\", \"loadBalancerClass\": %s}}"
                .formatted(type, balancerClass)));
  }

  private void delete(String path) {
    assertThat(guest.delete(path)).as(path).isTrue();
  }

  /// Waits until the collector has taken away an object whose owner does not exist: it has looked
  /// at all that was there before, then.
  private static void awaitPassOfTheCollector(KubeApi api) {
    api.create(
        "/api/v1/namespaces/default/configmaps",
        json(
            """
            {"apiVersion": "v1", "kind": "ConfigMap",
             "metadata": {"name": "collect-me", "ownerReferences": [
               {"apiVersion": "v1", "kind": "ConfigMap", "name": "nobody",
                "uid": "4b0c9fb0-5a1b-4a9e-8f1e-0b7f5a3c9d11"}]}}
            """));
    Await.until(
        "the collector to be at work",
        PATIENCE,
        () -> api.find("/api/v1/namespaces/default/configmaps/collect-me").isEmpty());
  }

  /// Owner references that name nothing, or something in another namespace.
  private static List<String> strangeOwners(KubeApi api) {
    Map<String, String> namespaces = new HashMap<>();
    List<JsonObject> objects = new ArrayList<>();
    for (String collection : OWNING) {
      api.find(collection)
          .ifPresent(list ->
              list.getAsJsonArray("items").forEach(item -> objects.add(item.getAsJsonObject())));
    }
    objects.forEach(o ->
        namespaces.put(
            HostObjects.text(o, "metadata", "uid"), HostObjects.text(o, "metadata", "namespace")));
    List<String> strange = new ArrayList<>();
    for (JsonObject object : objects) {
      JsonElement references = object.getAsJsonObject("metadata").get("ownerReferences");
      if (references == null) {
        continue;
      }
      for (JsonElement reference : references.getAsJsonArray()) {
        String owner = namespaces.get(HostObjects.text(reference.getAsJsonObject(), "uid"));
        if (owner == null
            || !(owner.isEmpty()
                || owner.equals(HostObjects.text(object, "metadata", "namespace")))) {
          strange.add(HostObjects.name(object) + " is owned by " + reference);
        }
      }
    }
    return strange;
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }
}
