package dev.thresher.e2e.lbc;

import static dev.thresher.e2e.lbc.WebhookLab.GROUP;
import static dev.thresher.e2e.lbc.WebhookLab.LISTENER;
import static dev.thresher.e2e.lbc.WebhookLab.NAME;
import static dev.thresher.e2e.lbc.WebhookLab.PATIENCE;
import static dev.thresher.e2e.lbc.WebhookLab.SYSTEM;
import static dev.thresher.e2e.lbc.WebhookLab.VALIDATING;
import static dev.thresher.e2e.lbc.WebhookLab.json;
import static dev.thresher.e2e.lbc.WebhookLab.path;
import static dev.thresher.e2e.lbc.WebhookLab.pool;
import static dev.thresher.e2e.lbc.WebhookLab.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thresher.e2e.cloud.Dist;
import dev.thresher.e2e.lab.AuditLog.Request;
import dev.thresher.e2e.lab.Await;
import dev.thresher.e2e.lab.LabException;
import dev.thresher.e2e.lab.LabProcess;
import dev.thresher.e2e.lab.NeedsLab;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Rules, defaults, versions and access rules, with a real API server that asks.
@NeedsLab
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WebhooksIT {

  private static final String DENIED =
      "admission webhook \"validator." + SYSTEM + "." + NAME + "\" denied the request: ";

  private WebhookLab scene;
  private LabProcess program;

  @BeforeAll
  void start() {
    scene = new WebhookLab();
    scene.reachableOn(scene.host);
    scene.create(
        "v1beta1",
        "got-in",
        "{'listeners':[{'name':'a','port':0,'protocol':'TCP','backendPort':0}]}");
    program = scene.program(scene.host, "1", "--controller=true");
    scene.await(program);
  }

  @AfterAll
  void end() {
    if (scene != null) {
      scene.close();
    }
  }

  @Test
  @Order(1)
  void whatIsWrongIsRefusedInOurWords() {
    scene.kubectl(pool("lan", "{subnet: 192.0.2.0/24}"), "apply", "-f", "-");

    assertThatThrownBy(() ->
            scene.kubectl(
                """
                apiVersion: loadbalancer.harvesterhci.io/v1beta1
                kind: LoadBalancer
                metadata: {name: bad, namespace: vms}
                spec:
                  ipPool: gone
                  listeners:
                    - {name: a, port: 80, protocol: TCP, backendPort: 8080}
                    - {name: b, port: 80, protocol: TCP, backendPort: 8081}
                """,
                "apply",
                "-f",
                "-"))
        .isInstanceOf(LabException.class)
        .hasMessageContaining(
            DENIED
                + "spec.listeners[1].port: want a port that no other listener has with protocol"
                + " TCP, got \"80\"; change this port or that of spec.listeners[0];"
                + " spec.ipPool: want the name of an IPPool, got \"gone\"; create it");
    assertThatThrownBy(() ->
            scene.kubectl(
                pool("other", "{subnet: 192.0.2.0/24, rangeStart: 192.0.2.200}"),
                "apply",
                "-f",
                "-"))
        .hasMessageContaining(DENIED + "spec.ranges[0]: want addresses that no other pool")
        .hasMessageContaining("pool \"lan\" is global already");

    assertThat(scene.create("v1beta1", "one", "{'workloadType':'cluster'}")).isNotNull();
    Await.until(
        "an address",
        PATIENCE,
        () ->
            scene
                .host
                .api()
                .get(path("v1beta1", "one"))
                .toString()
                .contains("\"ip\":\"192.0.2.2\""));
    assertThatThrownBy(() -> scene.kubectl("", "delete", "ippool", "lan"))
        .hasMessageContaining(DENIED + "status.allocated: want no address in use, got")
        .hasMessageContaining("192.0.2.2 of vms/one");
    assertThatThrownBy(
            () -> scene.kubectl(pool("lan", "{subnet: 192.0.2.128/25}"), "apply", "-f", "-"))
        .hasMessageContaining("192.0.2.2 of vms/one");
    // A warning does not refuse.
    assertThat(scene.kubectl(pool("six", "{subnet: \"2001:db8::/64\"}"), "apply", "-f", "-"))
        .contains("Warning: ", "created");
  }

  /// Whoever refuses, the API server by rules of the definition or the webhook: field, value, rule
  /// and fix are said. What the schema refuses never gets to the webhook.
  @ParameterizedTest
  @Order(2)
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          webhook | {'listeners': [{'port': 80, 'protocol': 'TCP', 'backendPort': 1}, {'name': 'b', 'port': 0, 'protocol': 'TCP', 'backendPort': 1}]} | spec.listeners[1].port: want a number from 1 to 65535, got "0"; give the port
          webhook | {'listeners': [{'port': 80, 'protocol': 'TCP', 'backendPort': 65536}]} | spec.listeners[0].backendPort: want a number from 1 to 65535, got "65536"; give the port
          webhook | {'listeners': []} | spec.listeners: want at least one listener with workloadType vm, got "[]"; add one
          webhook | {'listeners': [{'port': 80, 'protocol': 'tcp', 'backendPort': 1}]} | spec.listeners[0].protocol: want TCP, UDP or SCTP in capitals, got "tcp"; leave it out for TCP
          schema | {'healthCheck': {'port': 1, 'type': 'UDP'}} | spec.healthCheck.udpPayload: ... want what to send, in base64, with type UDP, got ""; give something
          schema | {'workloadType': 'VM'} | spec.workloadType: Unsupported value: "VM": supported values: "vm", "cluster"
          """)
  void whatIsWrongWithALoadBalancerIsSaid(String whose, String spec, String said) {
    assertSaid(whose, said, refusal(() -> scene.create("v1beta1", "wrong", spec)));
  }

  @ParameterizedTest
  @Order(2)
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          schema | {'ranges': []} | spec.ranges: ... want at least one range, got "[]"; add one with its subnet
          schema | {'ranges': [{'subnet': '203.0.113.0/25'}, {'subnet': '203.0.113.128'}]} | spec.ranges[1].subnet: ... want a CIDR such as 192.0.2.0/24 or 2001:db8::/64, got "203.0.113.128"; correct this field
          schema | {'ranges': [{'subnet': '203.0.113.0/24', 'rangeStart': '203.0.114.1'}]} | spec.ranges[0].rangeStart: ... want an address inside 203.0.113.0/24, got "203.0.114.1"; correct this field
          schema | {'ranges': [{'subnet': '203.0.113.0/24', 'rangeEnd': 'last'}]} | spec.ranges[0].rangeEnd: ... want an address inside 203.0.113.0/24, got "last"; correct this field
          schema | {'ranges': [{'subnet': '203.0.113.0/24', 'gateway': 'router'}]} | spec.ranges[0].gateway: ... want an address, got "router"; correct this field
          schema | {'ranges': [{'subnet': '203.0.113.0/24'}], 'reservations': [{'address': 'x', 'namespace': 'a', 'name': 'b'}]} | spec.reservations[0].address: ... want an IPv4 or IPv6 address, got "x"; correct or remove the reservation
          schema | {'ranges': [{'subnet': '203.0.113.0/24'}], 'reservations': [{'address': '203.0.113.9', 'namespace': 'a'}]} | spec.reservations[0]: ... want one of name and guestService for address 203.0.113.9, got ""; say whom
          schema | {'ranges': [{'subnet': '203.0.113.0/24'}], 'quotas': [{'addresses': 1, 'namespace': 'a', 'guestCluster': 'g'}]} | spec.quotas[0]: ... want exactly one of namespace, project and guestCluster, got "namespace, guestCluster"; keep one
          schema | {'ranges': [{'subnet': '203.0.113.0/24'}], 'quotas': [{'addresses': 1}]} | spec.quotas[0]: ... want exactly one of namespace, project and guestCluster, got ""; name one
          webhook | {'ranges': [{'subnet': '203.0.113.0/24', 'exclude': ['x']}]} | spec.ranges[0].exclude[0]: want an address, a CIDR or two addresses as first-last, got "x"; correct this field
          webhook | {'ranges': [{'subnet': '203.0.113.0/24', 'gateway': '2001:db8::1'}]} | spec.ranges[0].gateway: want an IPv4 address, got "2001:db8::1"; correct this field
          """)
  void whatIsWrongWithAPoolIsSaid(String whose, String spec, String said) {
    assertSaid(whose, said, refusal(() -> createPool("wrong", spec)));
  }

  /// Rules of the definition that compare with what was there.
  @Test
  @Order(2)
  void whatIsFixedIsSaid() {
    String again = "; delete the LoadBalancer and create it again";
    scene.create("v1beta1", "fixed", "{'workloadType':'cluster','placement':'guest'}");
    Await.until(
        "an address",
        PATIENCE,
        () ->
            scene
                .host
                .api()
                .get(path("v1beta1", "fixed"))
                .toString()
                .contains("\"ip\":\"192.0.2."));
    assertSaid(
        "schema",
        "spec.workloadType: ... want cluster, as before, got \"vm\"" + again,
        change("fixed", "{'workloadType':'vm'}"));
    assertSaid(
        "schema",
        "spec.workloadType: ... want cluster, as before, got \"\"" + again,
        change("fixed", "{'workloadType':null}"));
    assertSaid(
        "schema",
        "spec.ipam: ... want pool, as before, got \"dhcp\"" + again,
        change("fixed", "{'ipam':'dhcp'}"));
    assertSaid(
        "schema",
        "spec.placement: ... want guest, where the address is held, got \"host\"" + again,
        change("fixed", "{'placement':'host'}"));
    assertThat(scene.host.api().delete(path("v1beta1", "fixed"))).isTrue();
  }

  /// Two wrong ports of an object that was there before the webhook: what is right may change, and
  /// one port is mended without the other.
  @Test
  @Order(2)
  void whatGotInIsMendedFieldByField() {
    assertThat(change("got-in", "{'description':'changed'}")).isEmpty();
    assertThat(
            change(
                "got-in",
                "{'listeners':[{'name':'a','port':80,'protocol':'TCP','backendPort':0}]}"))
        .isEmpty();
    assertThat(
            change(
                "got-in",
                "{'listeners':[{'name':'a','port':80,'protocol':'TCP','backendPort':65536}]}"))
        .contains("spec.listeners[0].backendPort: want a number from 1 to 65535");
    Await.until(
        "the condition to say the rest",
        PATIENCE,
        () ->
            scene
                .host
                .api()
                .get(path("v1beta1", "got-in"))
                .toString()
                .contains("spec.listeners[0].backendPort: want a number from 1 to 65535"));
    assertThat(scene.host.api().delete(path("v1beta1", "got-in"))).isTrue();
  }

  private String change(String name, String spec) {
    return refusal(
        () -> scene.host.api().merge(path("v1beta1", name), json("{'spec':" + spec + "}")));
  }

  private void createPool(String name, String spec) {
    scene
        .host
        .api()
        .create(
            GROUP + "v1beta1/ippools",
            json(
                "{'apiVersion':'loadbalancer.harvesterhci.io/v1beta1','kind':'IPPool',"
                    + "'metadata':{'name':'"
                    + name
                    + "'},'spec':"
                    + spec
                    + "}"));
  }

  /// @param said what the text has in this order; three dots stand for the API server's own words
  private static void assertSaid(String whose, String said, String refusal) {
    String plain = refusal.replace("\\\"", "\"");
    assertThat(plain).containsSubsequence(said.split(" \\.\\.\\. ", -1));
    assertThat(plain.contains("denied the request")).as(plain).isEqualTo(whose.equals("webhook"));
  }

  /// Server-side, without making anything.
  @Test
  @Order(2)
  void whatIsShippedIsTakenByAnApiServer() {
    for (String file :
        List.of(
            "deployment.yaml",
            "webhook-service.yaml",
            "rbac.yaml",
            "probe-agent.yaml",
            "probe-agent-rbac.yaml")) {
      String taken =
          scene.kubectl(
              Dist.find().chartFile("loadbalancer-controller", file),
              "apply",
              "--server-side",
              "--force-conflicts",
              "--dry-run=server",
              "--validate=strict",
              "--filename=-");
      assertThat(taken.lines()).as(file).isNotEmpty().allMatch(line -> line.contains("dry run"));
      if (file.equals("deployment.yaml")) {
        assertThat(taken)
            .contains(
                "deployment.apps/harvester-load-balancer ",
                "deployment.apps/harvester-load-balancer-webhook ");
      }
    }
  }

  @Test
  @Order(2)
  void whatIsMissingIsFilledIn() {
    scene.host.apply(
        """
        apiVersion: v1
        kind: Namespace
        metadata:
          name: vms
          annotations: {field.cattle.io/projectId: "c-1:p-2"}
        """);
    assertThat(
            scene
                .host
                .api()
                .get(GROUP + "v1beta1/ippools/lan")
                .getAsJsonObject("metadata")
                .getAsJsonObject("labels"))
        .isEqualTo(
            json(
                "{'loadbalancer.harvesterhci.io/vid':'0',"
                    + "'loadbalancer.harvesterhci.io/global-ip-pool':'true'}"));
    JsonObject made =
        scene.create("v1beta1", "web", "{'healthCheck':{'port':8080}," + LISTENER + "}");
    assertThat(made.getAsJsonObject("spec").getAsJsonObject("healthCheck"))
        .isEqualTo(
            json(
                "{'port':8080,'successThreshold':2,'failureThreshold':2,'periodSeconds':1,"
                    + "'timeoutSeconds':1}"));
    assertThat(made.getAsJsonObject("metadata").get("annotations"))
        .isEqualTo(json("{'loadbalancer.harvesterhci.io/namespace':'vms'}"));
    Await.until(
        "the project of the namespace to be known",
        PATIENCE,
        () -> {
          scene.host.api().delete(path("v1beta1", "projected"));
          Await.until(
              "it to be gone",
              PATIENCE,
              () -> scene.host.api().find(path("v1beta1", "projected")).isEmpty());
          return scene
              .create("v1beta1", "projected", "{'workloadType':'cluster'}")
              .toString()
              .contains("\"loadbalancer.harvesterhci.io/project\":\"c-1/p-2\"");
        });
  }

  @Test
  @Order(3)
  void bothVersionsAreServedAndNothingIsLost() {
    scene
        .host
        .api()
        .merge(
            path("v1beta1", "web"),
            json("{'spec':{'ipPool':'lan','backendServerSelector':{'app':['web']}}}"));
    JsonObject old = scene.host.api().get(path("v1alpha1", "web"));
    assertThat(old.getAsJsonObject("spec").getAsJsonObject("healthCheck").has("PeriodSeconds"))
        .isTrue();
    assertThat(old.getAsJsonObject("spec").has("ipPool")).isFalse();

    scene
        .host
        .api()
        .merge(path("v1alpha1", "web"), json("{'spec':{'description':'by the old one'}}"));
    JsonObject now = scene.host.api().get(path("v1beta1", "web"));
    assertThat(now.getAsJsonObject("spec"))
        .isEqualTo(
            json(
                "{'description':'by the old one','ipPool':'lan',"
                    + "'backendServerSelector':{'app':['web']},"
                    + "'healthCheck':{'port':8080,'successThreshold':2,'failureThreshold':2,"
                    + "'periodSeconds':1,'timeoutSeconds':1},"
                    + LISTENER
                    + "}"));
    assertThat(now.getAsJsonObject("metadata").toString()).doesNotContain("v1beta1-fields");

    scene.create(
        "v1alpha1",
        "old",
        "{'ipam':'pool','backendServers':['10.0.0.9'],'healthCheck':{'port':8080,"
            + "'successThreshold':1,'failureThreshold':3,'PeriodSeconds':5,'timeoutSeconds':3},"
            + LISTENER
            + "}");
    JsonObject converted = scene.host.api().get(path("v1beta1", "old")).getAsJsonObject("spec");
    assertThat(converted.getAsJsonObject("healthCheck").get("periodSeconds").getAsInt())
        .isEqualTo(5);
    assertThat(
            scene
                .host
                .api()
                .get(path("v1alpha1", "old"))
                .getAsJsonObject("spec")
                .get("backendServers"))
        .hasToString("[\"10.0.0.9\"]");
    // The rules hold for the older version, too.
    assertThat(refusal(() -> scene.create("v1alpha1", "bad", "{'ipam':'pool','listeners':[]}")))
        .contains("spec.listeners: want at least one listener");
    assertThat(
            scene.kubectl(
                "",
                "get",
                "loadbalancers.v1alpha1.loadbalancer.harvesterhci.io",
                "--namespace=vms",
                "--output=name"))
        .contains("/old", "/web", "/one");
  }

  @Test
  @Order(4)
  void withoutTheProgramWhatCouldBeWrongIsRefusedAndTheRestPasses() {
    program.kill();
    program.onExit().join();
    String[] closed = {"failed calling webhook", "validator." + SYSTEM + "." + NAME};

    assertThat(refusal(() -> scene.create("v1beta1", "late", "{'workloadType':'cluster'}")))
        .contains(closed)
        .contains(": 500 ");
    assertThat(
            refusal(() ->
                scene
                    .host
                    .api()
                    .merge(path("v1beta1", "web"), json("{'spec':{'description':'dead'}}"))))
        .contains(closed)
        .contains(": 500 ");
    assertThatThrownBy(
            () -> scene.kubectl(pool("late", "{subnet: 198.51.100.0/24}"), "apply", "-f", "-"))
        .hasMessageContainingAll(closed);
    assertThatThrownBy(() -> scene.kubectl("", "delete", "ippool", "lan"))
        .hasMessageContainingAll(closed);
    assertThat(refusal(() -> scene.host.api().get(path("v1alpha1", "web"))))
        .contains("conversion webhook for loadbalancer.harvesterhci.io/v1beta1", "failed");

    // What no rule looks at needs no answer.
    assertThat(scene.host.api().get(path("v1beta1", "web"))).isNotNull();
    scene.host.api().merge(path("v1beta1", "one"), json("{'status':{'address':'192.0.2.2'}}"));
    assertThat(scene.host.api().delete(path("v1beta1", "one"))).isTrue();
    assertThat(scene.host.api().get(path("v1beta1", "one")).getAsJsonObject("metadata").toString())
        .contains("deletionTimestamp");
    assertThat(scene.kubectl("", "create", "namespace", "beside")).contains("created");
  }

  /// The mutator's policy is Ignore: what it would have filled in is what counts all the same.
  @Test
  @Order(5)
  void whatTheMutatorMissedTheControllerKnows() {
    for (String kind : List.of("validating", "mutating")) {
      assertThat(
              scene
                  .host
                  .api()
                  .delete(
                      "/apis/admissionregistration.k8s.io/v1/"
                          + kind
                          + "webhookconfigurations/"
                          + NAME))
          .isTrue();
    }
    // By the project of the namespace this pool is closer than the global one.
    scene.kubectl(
        """
        apiVersion: loadbalancer.harvesterhci.io/v1beta1
        kind: IPPool
        metadata: {name: projects}
        spec:
          ranges: [{subnet: 198.51.100.0/24}]
          selector:
            scope: [{project: c-1/p-2, namespace: vms, guestCluster: g9}]
        """,
        "apply",
        "-f",
        "-");
    var labelled =
        json(
            "{'apiVersion':'loadbalancer.harvesterhci.io/v1beta1','kind':'LoadBalancer','metadata':"
                + "{'name':'bare','annotations':{'loadbalancer.harvesterhci.io/cluster':'g9'}},"
                + "'spec':{'workloadType':'cluster'}}");
    JsonObject bare =
        scene.host.api().create(GROUP + "v1beta1/namespaces/vms/loadbalancers", labelled);
    assertThat(bare.toString()).doesNotContain("c-1/p-2");
    JsonObject checked =
        scene.create("v1beta1", "checked", "{'healthCheck':{'port':8080}," + LISTENER + "}");
    assertThat(checked.getAsJsonObject("spec").getAsJsonObject("healthCheck").size()).isOne();

    program = scene.program(scene.host, "3", "--controller=true");
    Await.until(
        "an address of the closer pool",
        PATIENCE,
        () ->
            scene
                .host
                .api()
                .get(path("v1beta1", "bare"))
                .toString()
                .contains("\"ip\":\"198.51.100.2\""));
    assertThat(scene.host.api().get(path("v1beta1", "bare")).toString()).doesNotContain("c-1/p-2");
    Await.until(
        "what was deleted meanwhile to be gone",
        PATIENCE,
        () -> scene.host.api().find(path("v1beta1", "one")).isEmpty());
    Await.until(
        "the webhooks to be registered again",
        PATIENCE,
        () -> scene.host.api().find(VALIDATING).isPresent());
    Await.until(
        "a write to pass",
        PATIENCE,
        () ->
            refusal(() ->
                    scene
                        .host
                        .api()
                        .merge(path("v1beta1", "web"), json("{'spec':{'description':'alive'}}")))
                .isEmpty());
  }

  @Test
  @Order(6)
  void whatIsShippedSufficesAndNothingIsTooMuch() {
    // A network, a certain address, another port: what the days before did not need.
    assertThatThrownBy(() ->
            scene.kubectl(
                pool("vlan", "{subnet: 203.0.113.0/24}")
                    .replace("selector:", "selector:\n    network: default/gone"),
                "apply",
                "-f",
                "-"))
        .hasMessageContaining(
            "spec.selector.network: want a NetworkAttachmentDefinition that exists");
    String own = scene.host.addresses().ipv4();
    assertThat(
            refusal(() ->
                scene
                    .host
                    .api()
                    .create(
                        GROUP + "v1beta1/namespaces/vms/loadbalancers",
                        json(
                            "{'apiVersion':'loadbalancer.harvesterhci.io/v1beta1',"
                                + "'kind':'LoadBalancer','metadata':{'name':'own','annotations':"
                                + "{'thresher.dev/wanted-addresses':'"
                                + own
                                + "'}},'spec':{'workloadType':'cluster'}}"))))
        .contains("which the API server of the host does, got \\\"" + own);
    scene
        .host
        .api()
        .merge(
            path("v1beta1", "web"),
            json(
                "{'spec':{'listeners':[{'name':'http','port':81,"
                    + "'protocol':'TCP','backendPort':8081}],'healthCheck':{'port':8081}}}"));
    Await.until(
        "the host Service to follow",
        PATIENCE,
        () ->
            scene
                .host
                .api()
                .get("/api/v1/namespaces/vms/services/web")
                .toString()
                .contains("8081"));
    String report =
        scene
            .host
            .namespace()
            .run(
                List.of(
                    "env",
                    "JAVA_HOME=" + System.getProperty("java.home"),
                    Dist.find().program("loadbalancer-controller").toString(),
                    "report",
                    "--kubeconfig=" + scene.kubeconfig,
                    "--output=json"));
    assertThat(
            JsonParser.parseString(report.substring(report.indexOf("{")))
                .getAsJsonObject()
                .get("addresses")
                .toString())
        .contains("\"owner\":\"vms/bare\"", "\"pool\":\"projects\"", "\"state\":\"used\"");
    aGuestClusterGoesAndTakesItsLoadBalancersWithIt();
    for (JsonObject object :
        scene.host.api().list(GROUP + "v1beta1/namespaces/vms/loadbalancers")) {
      scene
          .host
          .api()
          .delete(path("v1beta1", object.getAsJsonObject("metadata").get("name").getAsString()));
    }
    Await.until(
        "nothing to be left",
        PATIENCE,
        () ->
            scene.host.api().list(GROUP + "v1beta1/namespaces/vms/loadbalancers").isEmpty()
                && scene
                    .host
                    .api()
                    .list("/apis/net.thresher.dev/v1alpha1/addressclaims")
                    .isEmpty());
    assertThat(program.stop(Duration.ofSeconds(15))).isZero();

    List<Request> asked =
        scene.host.audit().requests().stream()
            .filter(r ->
                r.user().equals("system:serviceaccount:" + SYSTEM + ":harvester-load-balancer"))
            .toList();
    slicesCameBeforeTheirServices(asked);
    ShippedRights.nothingIsTooMuch(asked);
  }

  /// From kube-vip 1.2 on nobody holds the address of a Service without endpoints.
  private static void slicesCameBeforeTheirServices(List<Request> asked) {
    List<String> made =
        asked.stream()
            .filter(request -> request.verb().equals("create") && request.status() == 201)
            .map(request -> request.resource() + " " + request.name())
            .toList();
    List<String> services =
        made.stream().filter(one -> one.startsWith("services ")).distinct().toList();
    assertThat(services).hasSizeGreaterThan(1);
    for (String service : services) {
      String slice = service.replace("services ", "endpointslices ");
      assertThat(made.indexOf(slice)).as(slice).isBetween(0, made.indexOf(service));
    }
  }

  /// Its machine has the finalizers that Harvester's controller leaves, which keep nobody.
  private void aGuestClusterGoesAndTakesItsLoadBalancersWithIt() {
    scene
        .host
        .api()
        .create(
            GROUP + "v1beta1/namespaces/vms/loadbalancers",
            json(
                "{'apiVersion':'loadbalancer.harvesterhci.io/v1beta1','kind':'LoadBalancer',"
                    + "'metadata':{'name':'g9-web','labels':"
                    + "{'cloudprovider.harvesterhci.io/cluster':'g9'}},"
                    + "'spec':{'workloadType':'cluster'}}"));
    String machine = "/apis/kubevirt.io/v1/namespaces/vms/virtualmachines/g9-1";
    String instance = "/apis/kubevirt.io/v1/namespaces/vms/virtualmachineinstances/g9-1";
    scene.host.apply(
        """
        apiVersion: kubevirt.io/v1
        kind: VirtualMachine
        metadata:
          name: g9-1
          namespace: vms
          labels: {guestcluster.harvesterhci.io/name: g9}
          annotations: {harvesterhci.io/removeAllPersistentVolumeClaims: "true"}
          finalizers: [wrangler.cattle.io/harvester-lb-vm-controller]
        ---
        apiVersion: kubevirt.io/v1
        kind: VirtualMachineInstance
        metadata:
          name: g9-1
          namespace: vms
          finalizers: [wrangler.cattle.io/harvester-lb-vmi-controller]
        """);
    Await.until(
        "the mark",
        PATIENCE,
        () ->
            scene.host.api().get(path("v1beta1", "g9-web")).toString().contains("cluster-removed"));
    scene.host.api().delete(instance);
    scene.host.api().delete(machine);
    Await.until(
        "machine, instance and load balancer to be gone",
        PATIENCE,
        () ->
            scene.host.api().find(machine).isEmpty()
                && scene.host.api().find(instance).isEmpty()
                && scene.host.api().find(path("v1beta1", "g9-web")).isEmpty());
  }
}
