package dev.thresher.e2e.lbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.thresher.e2e.cloud.HostObjects;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.ControlPlane;
import dev.thresher.e2e.lab.Lab;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// The commands of `docs/how-to/move-from-harvester-load-balancer.md`, run one after the other on a
/// host as Harvester's controller and webhook leave it.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MoveFromHarvesterLoadBalancerIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /// A write that waits no longer than this was refused for a moment at most.
  private static final Duration MOMENT = Duration.ofSeconds(5);

  private static final String POOL = "/apis/loadbalancer.harvesterhci.io/v1beta1/ippools/lan";
  private static final String SERVICE = "/api/v1/namespaces/default/services/web";
  private static final String HOOK = "harvester-load-balancer-webhook";
  private static final String SECRETS = "/api/v1/namespaces/harvester-system/secrets/" + HOOK;
  private static final String DEFINITION =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/loadbalancers.loadbalancer.harvesterhci.io";
  private static final String OLD =
      "/apis/loadbalancer.harvesterhci.io/v1alpha1/namespaces/default/loadbalancers";

  private Lab lab;
  private ControlPlane host;
  private JsonObject service;
  private HarvestersWebhook former;
  private MoveCommands commands;
  private List<JsonElement> before;

  @BeforeAll
  void start() {
    lab = Lab.builder().hostNodes(0).start();
    host = lab.host();
    var go = new HarvestersController(host);
    go.chart();
    objects(go);
    service = host.api().get(SERVICE);
    former = new HarvestersWebhook(host);
    commands = new MoveCommands(lab, former::play);
    Await.until(
        "Harvester's webhook to refuse what is wrong",
        PATIENCE,
        () -> refusal("v1beta1").contains(HarvestersWebhook.REFUSAL));
    before = registrations();
  }

  @AfterAll
  void end() {
    if (former != null) {
      former.close();
    }
    if (lab != null) {
      lab.close();
    }
  }

  /// A load balancer of a guest cluster, one of machines with what it has on the host, one with
  /// DHCP, and an entry that nobody is left of.
  private void objects(HarvestersController go) {
    var allocated = new LinkedHashMap<String, String>();
    allocated.put("192.0.2.2", "default/g1-web");
    allocated.put("192.0.2.3", "default/web");
    allocated.put("192.0.2.4", "default/gone");
    go.pool(
        "{subnet: 192.0.2.0/24, gateway: 192.0.2.1}",
        253,
        allocated,
        Map.of("192.0.2.9", "default/former"));
    go.balancer("g1-web", spec("cluster", "pool"), allocated("192.0.2.2"));
    go.balancer("g1-dhcp", spec("cluster", "dhcp"), "allocatedAddress: {ip: 0.0.0.0}");
    go.balancer("web", spec("vm", "pool"), allocated("192.0.2.3"));
    go.ensureService("web");
    go.ensureSlice("web");
  }

  private static String spec(String workload, String ipam) {
    return "workloadType: "
        + workload
        + ", ipam: "
        + ipam
        + ", listeners: [{name: http, port: 80, protocol: TCP, backendPort: 8080}]";
  }

  private static String allocated(String address) {
    return "allocatedAddress: {ipPool: lan, ip: "
        + address
        + ", mask: 255.255.255.0, gateway: 192.0.2.1}";
  }

  @Test
  @Order(1)
  void movesWithoutChangingAnAddress() {
    commands.run("Check");
    assertThat(whileWriting("Swap the controller")).contains("orphan", "192.0.2.4");
    whileWriting("Swap the webhook");
    String said = commands.run("Verify");

    assertThat(said).contains("orphan", "192.0.2.4", "default/gone");
    assertThat(new HostObjects(host).claims())
        .extracting(
            claim -> HostObjects.text(claim, "spec", "address"),
            claim -> HostObjects.text(claim, "spec", "owner", "name"))
        .containsExactlyInAnyOrder(tuple("192.0.2.2", "g1-web"), tuple("192.0.2.3", "web"));
    JsonObject now = host.api().get(SERVICE);
    for (String field : List.of("clusterIP", "loadBalancerIP", "ports", "type")) {
      assertThat(now.getAsJsonObject("spec").get(field))
          .as(field)
          .isEqualTo(service.getAsJsonObject("spec").get(field));
    }
  }

  @Test
  @Order(2)
  void itsWebhooksAnswerUnderHarvestersNames() {
    assertThat(former.runs()).isFalse();
    for (String version : List.of("v1beta1", "v1alpha1")) {
      assertThat(refusal(version))
          .as(version)
          .contains(
              "validator.harvester-system." + HOOK,
              "denied the request: spec.listeners: want at least one listener")
          .doesNotContain(HarvestersWebhook.REFUSAL);
    }
    // Whom to trust and where to ask is what Harvester's webhook wrote.
    for (int i = 0; i < before.size(); i++) {
      assertThat(client(registrations().get(i))).isEqualTo(client(before.get(i)));
    }

    JsonObject filled =
        create(
            "v1beta1",
            "filled-in",
            "'ipam':'dhcp','healthCheck':{'port':8080}," + WebhookLab.LISTENER);
    assertThat(filled.getAsJsonObject("spec").getAsJsonObject("healthCheck"))
        .isEqualTo(
            WebhookLab.json(
                "{'port':8080,'successThreshold':2,'failureThreshold':2,'periodSeconds':1,"
                    + "'timeoutSeconds':1}"));
    assertThat(HostObjects.text(filled, "metadata", "annotations", NAMESPACE_ANNOTATION))
        .isEqualTo("default");

    create(
        "v1alpha1",
        "older",
        "'ipam':'dhcp','backendServers':['192.0.2.99'],'healthCheck':{'port':8080,"
            + "'successThreshold':1,'failureThreshold':3,'PeriodSeconds':5,'timeoutSeconds':3},"
            + WebhookLab.LISTENER);
    JsonObject stored = host.api().get(new Balancer(host, "older").path()).getAsJsonObject("spec");
    assertThat(stored.getAsJsonObject("healthCheck").get("periodSeconds").getAsInt()).isEqualTo(5);
    JsonObject older = host.api().get(OLD + "/older").getAsJsonObject("spec");
    assertThat(older.getAsJsonObject("healthCheck").get("PeriodSeconds").getAsInt()).isEqualTo(5);
    assertThat(older.get("backendServers")).hasToString("[\"192.0.2.99\"]");
  }

  /// Then the way back has to bring Harvester's Secrets, too.
  @Test
  @Order(3)
  void itsWebhooksMakeAnotherAuthorityIfHarvestersIsLost() {
    String bundle = client(registrations().getFirst()).toString();
    assertThat(host.api().delete(SECRETS + "-ca")).isTrue();
    Await.until(
        "another authority to be trusted",
        PATIENCE,
        () ->
            !client(registrations().getFirst()).toString().equals(bundle)
                && refusal("v1alpha1").contains("want at least one listener"));
  }

  /// The last of them is given in the moment before the end.
  @Test
  @Order(4)
  void leavesEveryAddressWhereHarvestersControllerLooks() {
    for (int i = 0; i < 12; i++) {
      host.apply(
          """
          apiVersion: loadbalancer.harvesterhci.io/v1beta1
          kind: LoadBalancer
          metadata: {name: late-%d, namespace: default}
          spec: {workloadType: cluster, ipam: pool}
          """
              .formatted(i));
    }
    var last = new Balancer(host, "late-11");
    Await.until(
        "an address",
        PATIENCE,
        () -> !HostObjects.text(last.status(), "allocatedAddress", "ip").isEmpty());
    whileWriting("Roll back the webhook");
    commands.run("Roll back the controller");

    JsonObject status = host.api().get(POOL).getAsJsonObject("status");
    assertThat(status.getAsJsonObject("allocated").size()).isEqualTo(15);
    assertThat(status.get("available").getAsInt()).isEqualTo(253 - 15);
    assertThat(status.getAsJsonObject("allocated").toString())
        .contains("\"default/g1-web\"", "\"default/web\"", "\"default/gone\"");
    for (int i = 0; i < 12; i++) {
      String address =
          HostObjects.text(new Balancer(host, "late-" + i).status(), "allocatedAddress", "ip");
      assertThat(status.getAsJsonObject("allocated").get(address).getAsString())
          .isEqualTo("default/late-" + i);
    }
    assertThat(new HostObjects(host).claims()).isEmpty();
    assertThat(
            host.api()
                .get("/apis/rbac.authorization.k8s.io/v1/clusterroles/harvester-load-balancer")
                .getAsJsonArray("rules"))
        .hasSize(1);
    assertThat(
            HostObjects.text(
                host.api()
                    .get(
                        "/apis/apps/v1/namespaces/harvester-system/deployments/harvester-load-balancer"),
                "spec",
                "replicas"))
        .isEqualTo("1");
  }

  @Test
  @Order(5)
  void leavesHarvestersWebhookAsItWas() {
    leavesHarvestersWebhook();
    for (String left :
        List.of("clusterroles", "clusterrolebindings", "namespaces/harvester-system/roles")) {
      assertThat(host.api().list("/apis/rbac.authorization.k8s.io/v1/" + left))
          .as(left)
          .noneMatch(role -> HostObjects.name(role).startsWith("thresher"));
    }
  }

  private void leavesHarvestersWebhook() {
    assertThat(former.runs()).isTrue();
    assertThat(registrations()).isEqualTo(before);
    assertThat(refusal("v1beta1")).contains("denied the request", HarvestersWebhook.REFUSAL);
    assertThat(host.api().get(OLD + "/web").toString()).contains("v1alpha1");
    assertThat(host.api().list(SLICES))
        .extracting(slice -> HostObjects.text(slice, "metadata", "labels", MANAGER))
        .containsExactly("endpointslice-controller.k8s.io");
  }

  /// Moved once more, since that is the only way to lose them.
  @Test
  @Order(6)
  void theWayBackNeedsNoProcessOfOurs() throws Exception {
    commands.run("Check");
    commands.run("Swap the controller");
    commands.run("Swap the webhook");
    assertThat(webhooks().orElseThrow().destroyForcibly()).isTrue();
    Await.until(
        "nobody to answer", PATIENCE, () -> refusal("v1beta1").contains("failed calling webhook"));

    commands.run("If the webhooks' process is gone");
    leavesHarvestersWebhook();
  }

  /// Every packet to ours is dropped from the moment on that the Service leads there.
  @Test
  @Order(7)
  void whereApiServersDoNotReachHarvestersWebhookComesBack() throws Exception {
    var cut = new AtomicBoolean();
    LabProcess shell =
        commands.shell(
            "Swap the webhook",
            () -> {
              if (host.api().find(SLICE).isPresent() && cut.compareAndSet(false, true)) {
                host.namespace()
                    .run(
                        List.of("nft", "-f", "-"),
                        """
                        table inet unreachable {
                          chain out { type filter hook output priority 0; tcp dport 10272 drop; }
                        }
                        """);
              }
            });
    host.namespace().run(List.of("nft", "delete", "table", "inet", "unreachable"));

    assertThat(shell.onExit().join()).as(shell.output()).isOne();
    assertThat(shell.output()).contains("API servers do not get an answer at");
    leavesHarvestersWebhook();
    assertThat(webhooks()).isEmpty();
  }

  private Optional<ProcessHandle> webhooks() throws IOException {
    return ProcessHandle.of(
            Long.parseLong(Files.readString(commands.folder().resolve("webhook.pid")).strip()))
        .filter(ProcessHandle::isAlive);
  }

  // --- What there is of webhooks ---

  private static final String NAMESPACE_ANNOTATION = "loadbalancer.harvesterhci.io/namespace";
  private static final String MANAGER = "endpointslice.kubernetes.io/managed-by";
  private static final String SLICES =
      "/apis/discovery.k8s.io/v1/namespaces/harvester-system/endpointslices?labelSelector=kubernetes.io/service-name="
          + HOOK;
  private static final String SLICE =
      "/apis/discovery.k8s.io/v1/namespaces/harvester-system/endpointslices/thresher-loadbalancer-webhook";

  /// What API servers go by, and the Secrets.
  private List<JsonElement> registrations() {
    JsonObject spec = host.api().get(DEFINITION).getAsJsonObject("spec");
    return List.of(
        webhooks("validating"),
        webhooks("mutating"),
        spec.getAsJsonObject("conversion"),
        host.api()
            .find(SECRETS + "-ca")
            .map(secret -> secret.get("data"))
            .orElse(JsonNull.INSTANCE),
        host.api()
            .find(SECRETS + "-tls")
            .map(secret -> secret.get("data"))
            .orElse(JsonNull.INSTANCE));
  }

  private JsonElement webhooks(String kind) {
    return host.api()
        .get("/apis/admissionregistration.k8s.io/v1/" + kind + "webhookconfigurations/" + HOOK)
        .get("webhooks");
  }

  /// Where to ask and whom to trust; of a Secret all.
  private static JsonElement client(JsonElement registration) {
    if (registration instanceof JsonArray webhooks) {
      return webhooks.get(0).getAsJsonObject().get("clientConfig");
    }
    JsonObject object = registration.getAsJsonObject();
    return object.has("webhook") ? object.getAsJsonObject("webhook").get("clientConfig") : object;
  }

  private JsonObject create(String version, String name, String spec) {
    return host.api()
        .create(
            "/apis/loadbalancer.harvesterhci.io/" + version + "/namespaces/default/loadbalancers",
            WebhookLab.json(
                "{'apiVersion':'loadbalancer.harvesterhci.io/"
                    + version
                    + "','kind':'LoadBalancer','metadata':{'name':'"
                    + name
                    + "'},'spec':{"
                    + spec
                    + "}}"));
  }

  private String refusal(String version) {
    return WebhookLab.refusal(() -> create(version, "refused", "'ipam':'dhcp'"));
  }

  /// A load balancer is written and read in the older version all the time, and at no time for
  /// longer than a moment in vain.
  private String whileWriting(String section) {
    var longest = new AtomicLong();
    var last = new AtomicLong(System.nanoTime());
    var writers =
        new Writers(
            List.of("web"),
            (name, number) -> {
              var _ =
                  host.api()
                      .merge(
                          new Balancer(host, name).path(),
                          WebhookLab.json("{'spec':{'description':'" + number + "'}}"));
              var _ = host.api().get(OLD + "/" + name);
              long now = System.nanoTime();
              longest.accumulateAndGet(now - last.getAndSet(now), Math::max);
            });
    String said;
    try (writers) {
      said = commands.run(section);
      int then = writers.writes();
      Await.until("a write afterwards", PATIENCE, () -> writers.writes() > then);
    }
    System.out.println(
        "\"%s\": %s; the longest time without a write %d ms; %s"
            .formatted(
                section, writers, Duration.ofNanos(longest.get()).toMillis(), writers.failures()));
    assertThat(Duration.ofNanos(longest.get())).isLessThan(MOMENT);
    return said;
  }
}
